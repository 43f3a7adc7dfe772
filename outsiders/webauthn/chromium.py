"""Creates credentials and signs in with Chromium's virtual authenticator.

Calls navigator.credentials.create() and .get() on a test page.
Uses W3C WebDriver over HTTP, with the Chrome DevTools Protocol's domain "WebAuthn" for the authenticator.

Standard input: {"ceremonies": [{authenticator: VirtualAuthenticatorOptions, create:
PublicKeyCredentialCreationOptionsJSON, get: PublicKeyCredentialRequestOptionsJSON}]}. Standard output: {"browser": its
version, "origin": the page's, "ceremonies": [{registration: RegistrationResponseJSON, sign_in:
AuthenticationResponseJSON}]}.
"""

import json
import re
import subprocess
import sys
import tempfile
import threading
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

FLAGS = """--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking
    --disable-component-update --disable-sync --disable-dev-shm-usage""".split()

CREATE = """const [options, done] = arguments;
navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) })
  .then((made) => done(made.toJSON()), (error) => done({ failed: String(error) }));"""

GET = """const [options, done] = arguments;
navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) })
  .then((made) => done(made.toJSON()), (error) => done({ failed: String(error) }));"""


class Page(BaseHTTPRequestHandler):
    def do_GET(self):
        body = b"<!doctype html><title>Registration</title>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Driver:
    def __init__(self, port, profile):
        self.base = f"http://127.0.0.1:{port}"
        options = {"args": [*FLAGS, f"--user-data-dir={profile}"]}
        session = self.call("POST", "/session", {"capabilities": {"alwaysMatch": {"goog:chromeOptions": options}}})
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

    def devtools(self, command, **parameters):
        return self.call("POST", "/goog/cdp/execute", {"cmd": f"WebAuthn.{command}", "params": parameters})

    def run(self, script, options):
        made = self.call("POST", "/execute/async", {"script": script, "args": [options]})
        if "failed" in made:
            raise RuntimeError(made["failed"])
        return made

    def ceremony(self, wanted):
        authenticator = self.devtools("addVirtualAuthenticator", options=wanted["authenticator"])["authenticatorId"]
        registration = self.run(CREATE, wanted["create"])
        # `allowCredentials`: an authenticator without discoverable credentials needs the id.
        known = [{"type": "public-key", "id": registration["id"]}]
        sign_in = self.run(GET, {"allowCredentials": known, **wanted["get"]})
        self.devtools("removeVirtualAuthenticator", authenticatorId=authenticator)
        return {"registration": registration, "sign_in": sign_in}


def main():
    asked = json.load(sys.stdin)
    pages = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=pages.serve_forever, daemon=True).start()
    origin = f"http://localhost:{pages.server_port}"
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        server = subprocess.Popen(["chromedriver", "--port=0"], stdout=subprocess.PIPE, text=True)
        try:
            ports = (re.search(r"started successfully on port (\d+)", line) for line in server.stdout)
            port = next(found[1] for found in ports if found)
            driver = Driver(port, profile)
            try:
                driver.call("POST", "/url", {"url": f"{origin}/"})
                driver.devtools("enable")
                made = [driver.ceremony(wanted) for wanted in asked["ceremonies"]]
            finally:
                driver.call("DELETE", "")
        finally:
            server.terminate()
            server.wait()
    json.dump({"browser": driver.browser, "origin": origin, "ceremonies": made}, sys.stdout)


main()
