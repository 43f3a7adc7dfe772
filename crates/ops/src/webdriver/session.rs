//! A browser window.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use keyferry_http::{Client, UrlExt as _, clean};
use serde_json::{Value, json};
use url::Url;

use super::Error;

/// Timeout of page loads and scripts, in milliseconds.
const LONGEST_WAIT: u64 = 60_000;
/// Name of an element reference (WebDriver, section "Elements").
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

/// Start options of the browser.
pub(crate) struct Settings<'a> {
    /// Path of the browser. `None`: the driver searches for it.
    pub(crate) binary: Option<&'a Path>,
    /// Empty folder for the browser's profile.
    pub(crate) profile: &'a Path,
    /// The only host that the browser can reach. `localhost` also resolves to it.
    pub(crate) host: &'a str,
}

/// A headless Chromium.
pub(crate) struct Session {
    http: Client,
    url: Url,
    browser: String,
}

impl Session {
    /// Starts a browser through the driver.
    pub(crate) async fn open(http: &Client, driver: &Url, settings: &Settings<'_>) -> Result<Self, Error> {
        let command = "new session";
        let answer = http.post(&driver.join_segments(["session"])?).json(&new_session(settings));
        let answer = answer.send().await?;
        let status = answer.status;
        let value = value(&answer.json()?);
        if status != 200 {
            return Err(Error::NoBrowser { message: said(&value) });
        }
        let id = value["sessionId"].as_str().ok_or(Error::InvalidResponse { command, expected: "a session id" })?;
        let browser = match (&value["capabilities"]["browserName"], &value["capabilities"]["browserVersion"]) {
            (Value::String(name), Value::String(version)) => clean(&format!("{name} {version}")),
            _ => "a browser".to_owned(),
        };
        Ok(Self { http: http.clone(), url: driver.join_segments(["session", id])?, browser })
    }

    /// Returns the browser's name and version.
    pub(crate) fn browser(&self) -> &str {
        &self.browser
    }

    /// Opens a page and waits until it is loaded.
    pub(crate) async fn go(&self, page: &Url) -> Result<(), Error> {
        self.post("open page", &["url"], &json!({"url": page.as_str()})).await.map(drop)
    }

    /// Clicks the element that a CSS selector matches.
    pub(crate) async fn click(&self, selector: &str) -> Result<(), Error> {
        let element = self.find(selector).await?.ok_or_else(|| absent(selector))?;
        self.post("click", &["element", &element, "click"], &json!({})).await.map(drop)
    }

    /// Returns the visible text of the element that a CSS selector matches. `None` if there is no such element.
    pub(crate) async fn text(&self, selector: &str) -> Result<Option<String>, Error> {
        let Some(element) = self.find(selector).await? else { return Ok(None) };
        let command = "get element text";
        let text = self.get(command, &["element", &element, "text"]).await?;
        let text = text.as_str().ok_or(Error::InvalidResponse { command, expected: "a text" })?;
        Ok(Some(text.to_owned()))
    }

    /// Switches to the frame that a CSS selector matches.
    pub(crate) async fn enter(&self, selector: &str) -> Result<(), Error> {
        let element = self.find(selector).await?.ok_or_else(|| absent(selector))?;
        self.post("enter frame", &["frame"], &json!({"id": {ELEMENT: element}})).await.map(drop)
    }

    /// Switches back to the top-level page.
    pub(crate) async fn leave(&self) -> Result<(), Error> {
        self.post("leave frame", &["frame"], &json!({"id": null})).await.map(drop)
    }

    /// Runs a script. The script passes its result to the function in its last argument.
    pub(crate) async fn script(&self, script: &str, arguments: &[Value]) -> Result<Value, Error> {
        self.post("run script", &["execute", "async"], &json!({"script": script, "args": arguments})).await
    }

    /// Returns a screenshot of the window as PNG.
    pub(crate) async fn picture(&self) -> Result<Vec<u8>, Error> {
        let command = "take screenshot";
        let value = self.get(command, &["screenshot"]).await?;
        let picture = value.as_str().and_then(|text| STANDARD.decode(text).ok()).filter(|data| data.starts_with(PNG));
        picture.ok_or(Error::InvalidResponse { command, expected: "a PNG in base64" })
    }

    /// Sends a command of the DevTools protocol.
    pub(crate) async fn devtools(&self, command: &'static str, parameters: &Value) -> Result<Value, Error> {
        self.post(command, &["goog", "cdp", "execute"], &json!({"cmd": command, "params": parameters})).await
    }

    /// Ends the browser.
    pub(crate) async fn close(self) -> Result<(), Error> {
        let answer = self.http.delete(&self.url).send().await?;
        read("end session", answer.status, &answer.json()?).map(drop)
    }

    async fn find(&self, selector: &str) -> Result<Option<String>, Error> {
        let command = "find elements";
        let wanted = json!({"using": "css selector", "value": selector});
        let found = self.post(command, &["elements"], &wanted).await?;
        let found = found.as_array().ok_or(Error::InvalidResponse { command, expected: "a list of elements" })?;
        Ok(found.first().and_then(|element| element[ELEMENT].as_str()).map(str::to_owned))
    }

    async fn get(&self, command: &'static str, path: &[&str]) -> Result<Value, Error> {
        let answer = self.http.get(&self.url.join_segments(path)?).send().await?;
        read(command, answer.status, &answer.json()?)
    }

    async fn post(&self, command: &'static str, path: &[&str], body: &Value) -> Result<Value, Error> {
        let answer = self.http.post(&self.url.join_segments(path)?).json(body).send().await?;
        read(command, answer.status, &answer.json()?)
    }
}

/// Returns the body of the command New Session.
fn new_session(settings: &Settings<'_>) -> Value {
    let host = settings.host;
    let arguments = [
        "--headless".to_owned(),
        // The browser opens pages of this machine only. Chromium's own sandbox does not work in most containers.
        "--no-sandbox".to_owned(),
        "--disable-gpu".to_owned(),
        "--disable-quic".to_owned(),
        "--no-first-run".to_owned(),
        "--disable-background-networking".to_owned(),
        "--disable-component-update".to_owned(),
        "--disable-sync".to_owned(),
        // /dev/shm is small in containers.
        "--disable-dev-shm-usage".to_owned(),
        "--hide-scrollbars".to_owned(),
        "--window-size=1100,1250".to_owned(),
        format!("--host-resolver-rules=MAP localhost {host}, MAP * ~NOTFOUND, EXCLUDE {host}"),
        format!("--user-data-dir={}", settings.profile.display()),
    ];
    let mut options = json!({"args": arguments});
    if let Some(binary) = settings.binary {
        options["binary"] = json!(binary.display().to_string());
    }
    let timeouts = json!({"script": LONGEST_WAIT, "pageLoad": LONGEST_WAIT, "implicit": 0});
    json!({"capabilities": {"alwaysMatch":
        {"browserName": "chrome", "goog:chromeOptions": options, "timeouts": timeouts}}})
}

/// Returns the member `value`, which every response has.
fn value(answer: &Value) -> Value {
    answer["value"].clone()
}

fn read(command: &'static str, status: u16, answer: &Value) -> Result<Value, Error> {
    let value = value(answer);
    if status == 200 { Ok(value) } else { Err(Error::Refused { command, message: said(&value) }) }
}

/// Returns the first line of an error's message. The driver's stack trace follows it.
fn said(error: &Value) -> String {
    let message = error["message"].as_str().or(error["error"].as_str()).unwrap_or("no reason given");
    clean(message.lines().next().unwrap_or_default())
}

fn absent(selector: &str) -> Error {
    Error::Refused { command: "find element", message: format!("the page has no {selector}") }
}
