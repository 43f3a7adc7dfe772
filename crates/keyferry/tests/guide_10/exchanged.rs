//! Answers of Graph that belong to another call, as on a connection whose answers are shifted by one.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Response, Uri, header};
use reqwest::{Method, StatusCode};
use serde_json::json;
use tokio::net::TcpListener;

use crate::support::{Connector, KEYFERRY};
use keyferry_proof_support::{ADA, ADA_ID, ALAN, ALAN_ID, GRACE, Sandbox, order_for};

/// Exchange of answers.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Exchange {
    Nothing,
    /// Ada's creation options are Alan's.
    CreationOptions,
    /// Ada's directory entry and account are Alan's.
    User,
    /// Ada's registration is lost, and its answer is that of another credential.
    Registration,
}

struct Proxy {
    graph: String,
    http: reqwest::Client,
    exchange: Mutex<Exchange>,
}

/// A connector behind a proxy that exchanges answers.
struct Exchanged {
    connector: Connector,
    proxy: Arc<Proxy>,
}

impl Exchanged {
    async fn new() -> Self {
        let sandbox = Arc::new(Sandbox::start(KEYFERRY));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let proxy = Proxy {
            graph: sandbox.base.clone(),
            http: reqwest::Client::new(),
            exchange: Mutex::new(Exchange::Nothing),
        };
        let proxy = Arc::new(proxy);
        let app = Router::new().fallback(pass).with_state(proxy.clone());
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        let settings = [
            ("MS_GRAPH_ENDPOINT", base.as_str()),
            ("SEND_PIN_URL", ""),
            ("KEYFERRY_PIN_BY", "graph"),
            ("KEYFERRY_MAIL_FROM", "keys@contoso.onmicrosoft.com"),
        ];
        let connector = Connector::at(sandbox, tempfile::tempdir().unwrap().into(), &settings).await;
        // Alan's manager is another one than Ada's.
        let manager = json!({ "manager": "a1000000-0000-4000-8000-000000000003" });
        connector.control(Method::PATCH, &format!("/users/{ALAN_ID}"), &manager).await;
        Self { connector, proxy }
    }

    fn exchange(&self, exchange: Exchange) {
        *self.proxy.exchange.lock().unwrap() = exchange;
    }

    /// Returns whether the log has an ERROR with this message.
    fn has_error(&self, message: &str) -> bool {
        let log = self.connector.log();
        let lines = log.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
        lines.into_iter().any(|line| line["level"] == "ERROR" && line["fields"]["message"] == message)
    }
}

async fn pass(
    State(proxy): State<Arc<Proxy>>,
    method: Method,
    uri: Uri,
    mut headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    let exchange = *proxy.exchange.lock().unwrap();
    let mut path = uri.path_and_query().unwrap().to_string();
    let is_exchanged = match exchange {
        Exchange::Nothing => false,
        Exchange::CreationOptions => path.contains("/creationOptions"),
        Exchange::User => !path.contains("/authentication/"),
        Exchange::Registration => method == Method::POST && path.ends_with("/fido2Methods"),
    };
    if is_exchanged && exchange == Exchange::Registration {
        let other = json!({ "id": "2_4Vb6SXwGtpyc0Tt7rUavuKfLLXk9QYIKTfco9RguI1", "displayName": "YubiKey" });
        let answer = Response::builder().status(StatusCode::CREATED).header("content-type", "application/json");
        return answer
            .header("client-request-id", headers["client-request-id"].clone())
            .body(Body::from(other.to_string()))
            .unwrap();
    }
    if is_exchanged {
        path = path.replace(ADA_ID, ALAN_ID).replace(&ADA.replace('@', "%40"), ALAN);
    }
    headers.remove(header::HOST);
    headers.remove(header::CONTENT_LENGTH);
    let sent = proxy.http.request(method, format!("{}{path}", proxy.graph)).headers(headers).body(body);
    let answer = sent.send().await.unwrap();
    let mut passed = Response::builder().status(answer.status());
    passed.headers_mut().unwrap().extend(answer.headers().clone());
    passed.headers_mut().unwrap().remove(header::TRANSFER_ENCODING);
    passed.body(Body::from(answer.bytes().await.unwrap())).unwrap()
}

#[tokio::test]
async fn no_key_is_ordered_with_the_answer_about_another_user() {
    let exchanged = Exchanged::new().await;
    let connector = &exchanged.connector;
    for (exchange, user, code) in [
        (Exchange::CreationOptions, ADA, "answer-of-another-call"),
        (Exchange::CreationOptions, ADA_ID, "answer-of-another-user"),
        (Exchange::User, ADA, "answer-of-another-call"),
        (Exchange::User, ADA_ID, "answer-of-another-call"),
    ] {
        exchanged.exchange(exchange);
        let answer = connector.create(&order_for(user)).await;
        assert_eq!(answer.status, StatusCode::BAD_GATEWAY, "{user}: {}", answer.text);
        assert_eq!(answer.body["error_data"]["code"], code, "{user}: {}", answer.text);
    }
    assert_eq!((connector.calls("delivery.order").await, connector.parcels().await.len()), (0, 0));
    assert!(exchanged.has_error("Graph returned the answer to another call"));
    assert!(exchanged.has_error("identity provider returned the answer to another call"));
    exchanged.exchange(Exchange::Nothing);
    connector.complete_order(ADA).await;
}

#[tokio::test]
async fn pin_does_not_go_to_the_manager_of_another_user() {
    let exchanged = Exchanged::new().await;
    let connector = &exchanged.connector;
    let shipment = connector.order(ADA).await;
    exchanged.exchange(Exchange::User);
    connector.parcel_to(&shipment, 103).await;
    connector.process().await;
    let details = connector.details(&shipment).await;
    assert_eq!(details["phase"], "registered", "{details:#}");
    let status = connector.status(&shipment).await;
    assert!(status["error_message"].as_str().unwrap().contains("another call"), "{status:#}");
    assert!(connector.mails().await.is_empty());
    assert!(exchanged.has_error("Graph returned the answer to another call"));
    exchanged.exchange(Exchange::Nothing);
    let retry = json!({ "outcome": "retry", "reason": "the proxy was replaced" });
    connector.post(&format!("/v1/shipments/{shipment}/resolve"), &retry).await;
    connector.complete(&shipment).await;
    let [mail] = connector.mails().await.try_into().unwrap();
    assert_eq!(mail["to"], json!([GRACE]));
}

#[tokio::test]
async fn method_of_another_credential_completes_no_key() {
    let exchanged = Exchanged::new().await;
    let connector = &exchanged.connector;
    let shipment = connector.order(ADA).await;
    exchanged.exchange(Exchange::Registration);
    connector.parcel_to(&shipment, 103).await;
    connector.process().await;
    let details = connector.details(&shipment).await;
    assert_eq!(details["phase"], "fulfilled", "{details:#}");
    assert_eq!((connector.methods(ADA_ID).await.len(), connector.mails().await.len()), (0, 0));
    assert!(exchanged.has_error("Graph returned the answer to another call"));
    exchanged.exchange(Exchange::Nothing);
    let retry = json!({ "outcome": "retry", "reason": "the proxy was replaced" });
    connector.post(&format!("/v1/shipments/{shipment}/resolve"), &retry).await;
    connector.complete(&shipment).await;
    assert_eq!((connector.methods(ADA_ID).await.len(), connector.mails().await.len()), (1, 1));
}
