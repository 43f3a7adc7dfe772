//! Tests of PIN delivery by a Logic App.
#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

mod common;
#[path = "common/http_server.rs"]
mod http_server;

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use common::{About, MESSAGE_ID, PIN, deliver, deliver_about};
use http_server::HttpServer;
use keyferry_azure_identity::{AccessToken, TokenSource};
use keyferry_domain::ports::Addressing;
use keyferry_domain::{Effect, Failure, FailureKind, Operation, Party, PinDelivery};
use keyferry_http::{Client, ClientOptions};
use keyferry_mail::{Error, LogicAppDelivery, PinRequestTemplate, SendPinUrl};
use tempfile::{TempDir, tempdir};

const SIGNATURE: &str = "canary-signature";

fn delivery_with(server: &HttpServer, template: PinRequestTemplate) -> LogicAppDelivery {
    let url = format!("{}workflows/w/triggers/manual/paths/invoke?api-version=2016-10-01&sig={SIGNATURE}", server.url);
    let http = Client::new(ClientOptions::default()).unwrap();
    LogicAppDelivery::new(SendPinUrl::parse(&url).unwrap(), http, None, template)
}

fn delivery(server: &HttpServer) -> LogicAppDelivery {
    delivery_with(server, PinRequestTemplate::load(None).unwrap())
}

fn template(text: &str) -> (Result<PinRequestTemplate, Error>, TempDir) {
    let folder = tempdir().unwrap();
    fs::write(folder.path().join("send-pin.json"), text).unwrap();
    (PinRequestTemplate::load(Some(folder.path())), folder)
}

async fn failed(status: u16, body: &str) -> Failure {
    let server = HttpServer::start([(status, body)]).await;
    let failure = deliver(&delivery(&server), &[]).await.unwrap_err();
    assert_eq!((failure.party, failure.operation), (Party::PinDelivery, Operation::DeliverPin));
    assert!(!format!("{failure} {failure:?}").contains(SIGNATURE));
    failure
}

#[tokio::test]
async fn request_contains_all_values() {
    for status in [200, 202, 204] {
        let server = HttpServer::start([(status, "")]).await;
        let delivery = delivery(&server);
        assert_eq!(delivery.addressing(), Addressing::ByTheOtherSide);
        deliver(&delivery, &["desk@contoso.example"]).await.unwrap();
        let seen = server.seen();
        let [call] = &seen[..] else { panic!("{} calls", seen.len()) };
        assert_eq!(call.method, "POST");
        assert_eq!(call.uri.query(), Some("api-version=2016-10-01&sig=canary-signature"));
        assert_eq!(call.headers["content-type"], "application/json");
        assert_eq!(
            call.body,
            serde_json::json!({
                "user_id": "ada@contoso.example",
                "serial_number": "20123456",
                "pin": PIN,
                "shipment_id": "8gYnYQk5vVqYzKqY1p2xTQ",
                "message_id": "0196f0a0-0000-7000-8000-00000000000a.1",
                "contacts": ["desk@contoso.example"],
                "change_on_first_use": true,
            })
        );
    }
}

/// Tokens `token-0`, `token-1` and so on. An invalidated token is replaced by the next one.
#[derive(Default)]
struct Tokens(AtomicU32);

#[async_trait]
impl TokenSource for Tokens {
    async fn token(&self) -> Result<AccessToken, Failure> {
        Ok(AccessToken::new(format!("token-{}", self.0.load(Ordering::SeqCst))))
    }

    fn invalidate(&self, _refused: &AccessToken) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// Azure rejects a call with a token and a signature.
#[tokio::test]
async fn token_replaces_the_signature() {
    let server = HttpServer::start([(401, ""), (200, "")]).await;
    let query = "api-version=2016-10-01&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=canary-signature";
    let url = SendPinUrl::parse(&format!("{}workflows/w/triggers/manual/paths/invoke?{query}", server.url)).unwrap();
    let http = Client::new(ClientOptions::default()).unwrap();
    let tokens: Arc<dyn TokenSource> = Arc::new(Tokens::default());
    let delivery = LogicAppDelivery::new(url, http, Some(tokens), PinRequestTemplate::load(None).unwrap());
    deliver(&delivery, &[]).await.unwrap();
    let seen = server.seen();
    assert_eq!(seen.len(), 2, "a refused token is replaced once");
    for (call, token) in seen.iter().zip(["Bearer token-0", "Bearer token-1"]) {
        assert_eq!(call.uri.query(), Some("api-version=2016-10-01"));
        assert_eq!(call.headers["authorization"], token);
        assert_eq!(call.body["pin"], PIN);
    }
}

#[tokio::test]
async fn contacts_may_be_empty() {
    let server = HttpServer::start([(202, "")]).await;
    deliver(&delivery(&server), &[]).await.unwrap();
    assert_eq!(server.seen()[0].body["contacts"], serde_json::json!([]));
}

#[tokio::test]
async fn body_can_be_customised() {
    let text = r#"{"to": {{ user_name }}, "code": {{ pin|tojson }}, "list": {{ contacts|join(";") }}}"#;
    let server = HttpServer::start([(202, "")]).await;
    deliver(&delivery_with(&server, template(text).0.unwrap()), &["a@b.example", "c@d.example"]).await.unwrap();
    assert_eq!(
        server.seen()[0].body,
        serde_json::json!({ "to": "Ada \"Countess\" Lovelace", "code": PIN, "list": "a@b.example;c@d.example" })
    );
}

/// The Logic App puts the values into a mail.
#[tokio::test]
async fn no_value_hides_or_reorders_text() {
    let own = r#"{"about": [{{ user_name }}, {{ serial_number }}, {{ shipment_id }}], "pin": {{ pin }}}"#;
    let (own, _folder) = template(own);
    let server = HttpServer::start([(202, ""), (202, "")]).await;
    for template in [PinRequestTemplate::load(None).unwrap(), own.unwrap()] {
        let about = About { user_name: "Eve\u{202e}", serial: "2012\u{2066}\n3456", delivery_id: "8gYn\u{200b}" };
        deliver_about(&delivery_with(&server, template), &about, &[], MESSAGE_ID).await.unwrap();
    }
    let seen = server.seen();
    assert_eq!(seen[0].body["serial_number"], r"2012\u{2066} 3456");
    assert_eq!(seen[0].body["shipment_id"], r"8gYn\u{200b}");
    assert_eq!(seen[1].body["about"], serde_json::json!([r"Eve\u{202e}", r"2012\u{2066} 3456", r"8gYn\u{200b}"]));
}

#[test]
fn rejects_broken_templates() {
    for (text, expected) in [
        (r#"{"pin": "{{ pin }}"}"#, "not a JSON object"),
        (r#"{"pin": {{ pin|safe }}}"#, "not a JSON object"),
        (r#"[{{ pin }}]"#, "not a JSON object"),
        ("{\"pin\": {{ pin }},\n\"x\": {{ serial }}}", "send-pin.json, line 2: there is no variable `serial`"),
        (r#"{"user": {{ user_id }}}"#, "does not contain the PIN"),
        (r#"{"pin": {{ pin }}, "c": {{ contacts[0] }}}"#, "send-pin.json"),
        ("{\"pin\": {{ pin }}\n{% endfor %}}", "send-pin.json, line 2: syntax error"),
    ] {
        let error = template(text).0.err().unwrap_or_else(|| panic!("{text} was accepted"));
        assert!(error.to_string().contains(expected), "{error}");
    }
}

#[tokio::test]
async fn failure_keeps_error_code() {
    let body = r#"{"error":{"code":"DirectApiAuthorizationRequired","message":"The request must be authenticated."}}"#;
    let failure = failed(401, body).await;
    assert_eq!((failure.status(), failure.code()), (Some(401), Some("DirectApiAuthorizationRequired")));
    assert_eq!(failure.effect, Effect::None);
}

#[tokio::test]
async fn effect_is_unknown_after_server_error_or_lost_answer() {
    let failure =
        failed(502, &format!(r#"{{"error":{{"code":"ActionFailed","message":"could not send {PIN}"}}}}"#)).await;
    assert_eq!((failure.code(), failure.effect), (Some("ActionFailed"), Effect::Unknown));
    assert!(failure.message.contains("could not send (secret)"), "{failure}");
    assert_eq!(failed(408, "").await.effect, Effect::Unknown);
    let failure = failed(0, "").await;
    assert_eq!((failure.kind, failure.effect), (FailureKind::ConnectionLost, Effect::Unknown));
}

#[tokio::test]
async fn does_not_follow_redirects() {
    assert_eq!(failed(307, "").await.status(), Some(307));
}

#[tokio::test]
async fn debug_output_hides_the_signature() {
    let server = HttpServer::start([]).await;
    assert!(!format!("{:?}", delivery(&server)).contains(SIGNATURE));
}
