//! Tests of PIN mails sent by Graph `sendMail`.
#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

mod common;
#[path = "common/http_server.rs"]
mod http_server;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use common::{MESSAGE_ID, PIN, deliver};
use http_server::HttpServer;
use keyferry_azure_identity::{AccessToken, TokenSource};
use keyferry_domain::ports::{Addressing, PersonNews, PersonNotice};
use keyferry_domain::{
    Effect, EmailAddress, Failure, FailureKind, Language, Operation, Party, PinDelivery, ShipmentId,
};
use keyferry_http::{Client, ClientOptions};
use keyferry_mail::{Error, GraphDelivery, GraphSettings, MailTemplates};

const MANAGER: &[&str] = &["grace@contoso.example"];

/// Returns `token-0`; the number increases with each invalidation.
#[derive(Default)]
struct Tokens(AtomicU32);

#[async_trait]
impl TokenSource for Tokens {
    async fn token(&self) -> Result<AccessToken, Failure> {
        Ok(AccessToken::new(format!("token-{}", self.0.load(Ordering::SeqCst))))
    }

    fn invalidate(&self, _: &AccessToken) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

fn delivery_from(server: &HttpServer, sender: &str) -> Result<GraphDelivery, Error> {
    let settings = GraphSettings { graph: server.url.clone(), sender: sender.into() };
    let http = Client::new(ClientOptions::default()).unwrap();
    GraphDelivery::new(&settings, http, Arc::new(Tokens::default()), MailTemplates::load(None).unwrap())
}

fn delivery(server: &HttpServer) -> GraphDelivery {
    delivery_from(server, "keys@contoso.example").unwrap()
}

async fn failed(status: u16, body: &str) -> Failure {
    let server = HttpServer::start([(status, body)]).await;
    let failure = deliver(&delivery(&server), MANAGER).await.unwrap_err();
    assert_eq!((failure.party, failure.operation), (Party::PinDelivery, Operation::DeliverPin));
    assert!(!format!("{failure:?}").contains("token-0"));
    failure
}

#[tokio::test]
async fn request_is_as_documented() {
    let server = HttpServer::start([(202, "")]).await;
    let delivery = delivery(&server);
    assert_eq!(delivery.addressing(), Addressing::Resolved);
    deliver(&delivery, &["grace@contoso.example", "desk@contoso.example"]).await.unwrap();
    let seen = server.seen();
    let [call] = &seen[..] else { panic!("{} calls", seen.len()) };
    assert_eq!((call.method.as_str(), call.uri.path()), ("POST", "/v1.0/users/keys%40contoso.example/sendMail"));
    assert_eq!(call.headers["authorization"], "Bearer token-0");
    assert!(call.headers.contains_key("client-request-id"));
    assert_eq!(call.body["saveToSentItems"], serde_json::json!(false));
    let message = &call.body["message"];
    assert_eq!(message["subject"], "The PIN for the security key of Ada \"Countess\" Lovelace");
    assert_eq!(message["body"]["contentType"], "HTML");
    assert!(message["body"]["content"].as_str().unwrap().contains(PIN));
    assert_eq!(
        message["toRecipients"],
        serde_json::json!([
            { "emailAddress": { "address": "grace@contoso.example" } },
            { "emailAddress": { "address": "desk@contoso.example" } },
        ])
    );
    assert_eq!(
        message["internetMessageHeaders"],
        serde_json::json!([
            { "name": "x-keyferry-message-id", "value": MESSAGE_ID },
            { "name": "X-Auto-Response-Suppress", "value": "All" },
        ])
    );
    assert_eq!(call.body.as_object().unwrap().len(), 2);
}

#[tokio::test]
async fn renews_refused_token_once() {
    let server = HttpServer::start([(401, "{}"), (202, "")]).await;
    deliver(&delivery(&server), MANAGER).await.unwrap();
    let tokens: Vec<_> = server.seen().iter().map(|call| call.headers["authorization"].clone()).collect();
    assert_eq!(tokens, ["Bearer token-0", "Bearer token-1"]);

    let server = HttpServer::start([(401, "{}"), (401, "{}")]).await;
    let failure = deliver(&delivery(&server), MANAGER).await.unwrap_err();
    assert_eq!((failure.status(), server.seen().len()), (Some(401), 2));
}

#[tokio::test]
async fn failure_keeps_code_and_correlation_id() {
    let body =
        r#"{"error":{"code":"ErrorAccessDenied","message":"Access is denied. Check credentials and try again."}}"#;
    let failure = failed(403, body).await;
    assert_eq!((failure.status(), failure.code()), (Some(403), Some("ErrorAccessDenied")));
    assert_eq!(failure.effect, Effect::None);
    assert!(failure.message.contains("Access is denied"), "{failure}");
    assert!(failure.correlation.is_some());
}

#[tokio::test]
async fn effect_is_unknown_after_server_error_or_lost_answer() {
    for status in [500, 503, 504] {
        let failure = failed(status, "<html>down</html>").await;
        assert_eq!((failure.status(), failure.effect), (Some(status), Effect::Unknown));
    }
    let failure = failed(0, "").await;
    assert_eq!((failure.kind, failure.effect), (FailureKind::ConnectionLost, Effect::Unknown));
}

#[tokio::test]
async fn success_status_other_than_202_is_a_failure() {
    let failure = failed(200, "<html>please sign in</html>").await;
    assert_eq!((failure.kind, failure.effect), (FailureKind::InvalidResponse, Effect::Unknown));
}

#[tokio::test]
async fn redacts_quoted_pin() {
    let body = format!(r#"{{"error":{{"code":"E{PIN}","message":"bad content: PIN {PIN}\r\nx"}}}}"#);
    let failure = failed(400, &body).await;
    assert!(failure.message.contains("bad content: PIN (secret) x"), "{failure}");
}

#[tokio::test]
async fn sender_cannot_change_the_path() {
    let server = HttpServer::start([(202, "")]).await;
    deliver(&delivery_from(&server, "a/../b?x#y").unwrap(), MANAGER).await.unwrap();
    assert_eq!(server.seen()[0].uri.path(), "/v1.0/users/a%2F..%2Fb%3Fx%23y/sendMail");
    for sender in ["", "  ", ".."] {
        assert!(matches!(delivery_from(&server, sender), Err(Error::Setting { .. })), "{sender:?}");
    }
}

/// A mail to the person whom a key is for, with a link.
fn news<'a>(addressee: &'a EmailAddress, link: &'a str) -> PersonNotice<'a> {
    PersonNotice {
        shipment: ShipmentId::parse("0196f0a0-0000-7000-8000-00000000000a").unwrap(),
        addressee,
        user_name: "Ada Lovelace",
        language: Language::English,
        contact: "",
        news: PersonNews::Ordered { ordered_by: Some("Grace Hopper"), town: Some("London"), object: Some(link) },
        message_id: "0196f0a0.ordered",
    }
}

#[tokio::test]
async fn mail_to_the_person_is_plain_text_and_its_link_is_redacted() {
    let (ada, link) = (EmailAddress::parse("ada@contoso.example").unwrap(), "https://k.example/me/object/1.s3cretPart");
    let server = HttpServer::start([(202, "")]).await;
    delivery(&server).mail_person(&news(&ada, link)).await.unwrap();
    let message = &server.seen()[0].body["message"];
    assert_eq!(
        (&message["body"]["contentType"], &message["subject"]),
        (&serde_json::json!("Text"), &serde_json::json!("A security key was ordered for you"))
    );
    assert!(message["body"]["content"].as_str().unwrap().contains(link), "{message}");
    assert_eq!(message["toRecipients"], serde_json::json!([{ "emailAddress": { "address": "ada@contoso.example" } }]));

    let body = format!(r#"{{"error":{{"code":"E","message":"bad content: {link}"}}}}"#);
    let server = HttpServer::start([(400, body.as_str())]).await;
    let failure = delivery(&server).mail_person(&news(&ada, link)).await.unwrap_err();
    assert!(!format!("{failure:?}").contains("s3cretPart"), "{failure:?}");
}
