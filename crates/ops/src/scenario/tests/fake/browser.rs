//! Fake WebDriver and browser. They show what the fake prescribes, without any page or key.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::{Fake, PIN, SERIAL};

const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// Faults and state of the browser.
#[derive(Clone)]
pub(in crate::scenario::tests) struct Browser {
    /// PIN that the mailbox page shows.
    pub(in crate::scenario::tests) pin_shown: &'static str,
    /// User that the sign-in page greets.
    pub(in crate::scenario::tests) greets: &'static str,
    /// The page signs in a user without user verification.
    pub(in crate::scenario::tests) page_needs_no_pin: bool,
    /// The relying party accepts an assertion without user verification.
    pub(in crate::scenario::tests) touch_is_enough: bool,
    /// The page shows another error than that the key did not sign.
    pub(in crate::scenario::tests) other_words: bool,
    /// Pressing the button has no effect.
    pub(in crate::scenario::tests) stands_still: bool,
    /// The key returns no assertion without a PIN.
    pub(in crate::scenario::tests) does_not_sign: bool,
    /// The session cannot be started.
    pub(in crate::scenario::tests) missing: bool,
    pub(in crate::scenario::tests) closed: bool,
    /// Body of the request for a session.
    pub(in crate::scenario::tests) asked: String,
    pub(in crate::scenario::tests) verified: bool,
    pub(in crate::scenario::tests) plugged: bool,
    pub(in crate::scenario::tests) on_sign_in_page: bool,
    pub(in crate::scenario::tests) pressed: bool,
}

impl Default for Browser {
    fn default() -> Self {
        Self {
            pin_shown: PIN,
            greets: "Ada Lovelace",
            page_needs_no_pin: false,
            touch_is_enough: false,
            other_words: false,
            stands_still: false,
            does_not_sign: false,
            missing: false,
            closed: false,
            asked: String::new(),
            verified: false,
            plugged: false,
            on_sign_in_page: false,
            pressed: false,
        }
    }
}

impl Fake {
    /// Answers a WebDriver command.
    pub(super) fn drive(&mut self, call: &str, body: &Value) -> (u16, Value) {
        let browser = &mut self.browser;
        let value = match call {
            "POST /session" if browser.missing => {
                let message = "session not created: cannot find Chrome binary\n#0 0x55";
                return (500, json!({"value": {"error": "session not created", "message": message}}));
            }
            "POST /session" => {
                browser.asked = body.to_string();
                json!({"sessionId": "B1", "capabilities": {"browserName": "chrome", "browserVersion": "1.2"}})
            }
            "DELETE /session/B1" => {
                browser.closed = true;
                Value::Null
            }
            "POST /session/B1/url" => {
                browser.on_sign_in_page = body["url"].as_str().unwrap().ends_with("/signin");
                browser.pressed = false;
                Value::Null
            }
            "POST /session/B1/elements" => {
                let selector = body["value"].as_str().unwrap();
                let found = self.shown(selector).map(|_| json!({ELEMENT: selector.replace(['#', ' ', '.'], "-")}));
                json!(found.as_slice())
            }
            "POST /session/B1/element/-go/click" => {
                browser.pressed = true;
                Value::Null
            }
            "GET /session/B1/element/article/text" => json!(self.shown("article")),
            "GET /session/B1/element/-outcome--good/text" => json!(self.shown("#outcome .good")),
            "GET /session/B1/element/-outcome--bad/text" => json!(self.shown("#outcome .bad")),
            "GET /session/B1/screenshot" => json!(STANDARD.encode(b"\x89PNG\r\n\x1a\npicture")),
            "POST /session/B1/goog/cdp/execute" => browser.devtools(&body["cmd"], &body["params"]),
            "POST /session/B1/execute/async" if browser.does_not_sign => json!({"error": "NotAllowedError: no"}),
            "POST /session/B1/execute/async" => {
                assert_eq!(body["args"], json!(["QQ"]));
                let status = if browser.touch_is_enough { 200 } else { 403 };
                let flags = if browser.verified { 5 } else { 1 };
                json!({"flags": flags, "status": status, "reason": "user verification was required"})
            }
            other => return (404, json!({"value": {"error": "unknown command", "message": other}})),
        };
        (200, json!({"value": value}))
    }

    /// Returns the text of the element that a selector matches.
    fn shown(&self, selector: &str) -> Option<String> {
        let browser = &self.browser;
        let pressed = browser.on_sign_in_page && browser.pressed && !browser.stands_still;
        let signed = browser.plugged && (browser.verified || browser.page_needs_no_pin);
        let good = pressed && signed && self.method_registered;
        let bad = pressed && !good;
        match selector {
            "article" if !browser.on_sign_in_page => Some(format!("Key: {SERIAL}\nPIN: {}", browser.pin_shown)),
            "#go" if browser.on_sign_in_page => Some(String::new()),
            "#outcome .good" if good => Some(format!("Signed in as {}\nAccount\nada@x.example", browser.greets)),
            "#outcome .bad" if bad && signed => Some("Refused: no such passkey".to_owned()),
            "#outcome .bad" if bad && browser.other_words => Some("Refused: challenge".to_owned()),
            "#outcome .bad" if bad => Some("no key (NotAllowedError)".to_owned()),
            _ => None,
        }
    }
}

impl Browser {
    fn devtools(&mut self, command: &Value, parameters: &Value) -> Value {
        match command.as_str().unwrap() {
            "WebAuthn.addVirtualAuthenticator" => {
                self.verified = parameters["options"]["isUserVerified"] == json!(true);
                return json!({"authenticatorId": "K1"});
            }
            "WebAuthn.addCredential" => {
                assert_eq!(parameters["authenticatorId"], "K1");
                // base64url without padding must become base64 with padding.
                assert_eq!(parameters["credential"]["privateKey"], "+/8=");
                self.plugged = true;
            }
            "WebAuthn.setUserVerified" => self.verified = parameters["isUserVerified"] == json!(true),
            _ => {}
        }
        json!({})
    }
}
