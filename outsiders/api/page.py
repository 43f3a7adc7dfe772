"""Opens pages in headless Chromium and reports what they logged and requested.

Uses W3C WebDriver over HTTP, with the logs "browser" and "performance" of chromedriver.

Standard input: {"chromedriver": path, "width", "height", "pages": [{"url", "ready": JavaScript expression that is true
when the page is shown, "then": JavaScript that runs next, "shown": expression that is true after it, "screenshot":
path}]}. Standard output: {"browser": its version, "pages": [{"text": of the page, "log": [message of the console],
"requests": [URL]}]}.
"""

import base64
import json
import re
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

FLAGS = """--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking
    --disable-component-update --disable-sync --disable-dev-shm-usage --hide-scrollbars""".split()

PATIENCE_SECONDS = 30


class Driver:
    def __init__(self, port, profile, size):
        self.base = f"http://127.0.0.1:{port}"
        options = {"args": [*FLAGS, f"--user-data-dir={profile}", f"--window-size={size}"]}
        wanted = {"goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"}}
        session = self.call("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})
        self.base += f"/session/{session['sessionId']}"
        self.browser = session["capabilities"]["browserVersion"]

    def call(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise RuntimeError(error.read().decode()) from None

    def run(self, script):
        return self.call("POST", "/execute/sync", {"script": script, "args": []})

    def wait(self, expression):
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not self.run(f"return Boolean({expression})"):
            if time.monotonic() > deadline:
                log = self.call("POST", "/se/log", {"type": "browser"})
                raise RuntimeError(f"never true: {expression}\n{json.dumps(log, indent=1)}")
            time.sleep(0.1)

    def open(self, page):
        # The browser's own first page requests its own files.
        self.call("POST", "/url", {"url": "about:blank"})
        self.call("POST", "/se/log", {"type": "performance"})
        self.call("POST", "/url", {"url": page["url"]})
        self.wait(page["ready"])
        if "then" in page:
            self.run(page["then"])
            self.wait(page["shown"])
        if "screenshot" in page:
            with open(page["screenshot"], "wb") as file:
                file.write(base64.b64decode(self.call("GET", "/screenshot")))
        log = [entry["message"] for entry in self.call("POST", "/se/log", {"type": "browser"})]
        events = [json.loads(entry["message"])["message"] for entry in
                  self.call("POST", "/se/log", {"type": "performance"})]
        requests = [event["params"]["request"]["url"] for event in events
                    if event["method"] == "Network.requestWillBeSent"]
        return {"text": self.run("return document.body.innerText"), "log": log, "requests": requests}


def main():
    question = json.load(sys.stdin)
    with tempfile.TemporaryDirectory(prefix="keyferry-page-") as profile:
        driver = subprocess.Popen([question["chromedriver"], "--port=0"], stdout=subprocess.PIPE, text=True)
        try:
            for line in driver.stdout:
                if found := re.search(r"started successfully on port (\d+)", line):
                    break
            else:
                raise RuntimeError("chromedriver did not start")
            session = Driver(found[1], profile, f"{question['width']},{question['height']}")
            try:
                pages = [session.open(page) for page in question["pages"]]
            finally:
                session.call("DELETE", "")
            print(json.dumps({"browser": session.browser, "pages": pages}))
        finally:
            driver.terminate()
            driver.wait()


main()
