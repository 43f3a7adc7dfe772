//! Test double of the delivery service, written from the vendor's documentation.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};

use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Response};
use axum::routing::{get, post};
use serde_json::{Value, json};

use super::url;
use crate::YubicoSettings;

pub(crate) const SHIPMENT: &str = "8gYnYQk5vVqYzKqY1p2xTQ";

/// How the service misbehaves in the next call.
pub(crate) enum Fault {
    /// Returns this status and body without processing the request.
    Answer(u16, &'static str),
    /// Returns this status, header and body without processing the request.
    AnswerWith(u16, (&'static str, &'static str), &'static str),
    /// Processes the request and cuts the response off.
    CutAfterCommit,
    /// Processes the request and never responds.
    SilentAfterCommit,
}

#[derive(Default)]
pub(crate) struct Shared {
    /// Bodies of the accepted orders.
    pub(crate) orders: Mutex<Vec<Value>>,
    /// `Authorization` header of every API call.
    pub(crate) authorizations: Mutex<Vec<String>>,
    /// Paths of the calls, without decoding.
    pub(crate) paths: Mutex<Vec<String>>,
    pub(crate) faults: Mutex<VecDeque<Fault>>,
    /// The valid token; `token-1` unless set.
    pub(crate) token: Mutex<Option<&'static str>>,
    pub(crate) shipments: Mutex<HashMap<String, Value>>,
    pub(crate) transport: Published,
    pub(crate) signing: Published,
}

#[derive(Default)]
pub(crate) struct Published {
    pub(crate) fetched: Mutex<usize>,
    /// The published set; `null` makes the server return 503.
    pub(crate) set: Mutex<Value>,
}

pub(crate) struct Service {
    pub(crate) shared: Arc<Shared>,
    base: String,
}

impl Service {
    pub(crate) async fn start(transport: Value, signing: Value) -> Self {
        let shared = Arc::new(Shared::default());
        *shared.transport.set.lock().unwrap() = transport;
        *shared.signing.set.lock().unwrap() = signing;
        let app = axum::Router::new()
            .route("/v1/fpr/shipments", post(order))
            .route("/v1/fpr/shipments/{id}", get(shipment).delete(delete))
            .route("/v1/{list}", get(scripted).post(scripted))
            .route(
                "/.well-known/yubico-transport-keys.jwks",
                get(|State(s): Shares| async move { s.transport.answer() }),
            )
            .route("/.well-known/yubico-sign.jwks", get(|State(s): Shares| async move { s.signing.answer() }))
            .with_state(Arc::clone(&shared));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async { axum::serve(listener, app).await });
        Self { shared, base }
    }

    pub(crate) fn settings(&self) -> YubicoSettings {
        YubicoSettings::new(
            url(&format!("{}/v1", self.base)),
            url(&format!("{}/.well-known/yubico-sign.jwks", self.base)),
            url(&format!("{}/.well-known/yubico-transport-keys.jwks", self.base)),
        )
    }

    pub(crate) fn fail(&self, fault: Fault) {
        self.shared.faults.lock().unwrap().push_back(fault);
    }

    pub(crate) fn orders(&self) -> Vec<Value> {
        self.shared.orders.lock().unwrap().clone()
    }
}

type Shares = State<Arc<Shared>>;

async fn order(State(shared): Shares, headers: HeaderMap, body: Bytes) -> Response<Body> {
    shared.paths.lock().unwrap().push("/v1/fpr/shipments".into());
    if let Some(refusal) = shared.unauthorized(&headers) {
        return refusal;
    }
    let fault = shared.faults.lock().unwrap().pop_front();
    match fault {
        Some(Fault::Answer(status, body)) => return answer(status, body),
        Some(Fault::AnswerWith(status, (name, value), body)) => {
            let mut response = answer(status, body);
            response.headers_mut().insert(name, value.parse().unwrap());
            return response;
        }
        _ => {}
    }
    shared.orders.lock().unwrap().push(serde_json::from_slice(&body).unwrap());
    match fault {
        Some(Fault::CutAfterCommit) => {
            let pieces = [Ok(Bytes::from_static(b"{\"ship")), Err(std::io::Error::other("cut"))];
            Response::new(Body::from_stream(futures::stream::iter(pieces)))
        }
        Some(_) => std::future::pending().await,
        None => {
            answer(200, &json!({ "shipment_id": SHIPMENT, "shipment_state": { "shipment_state_id": 3 } }).to_string())
        }
    }
}

async fn shipment(
    State(shared): Shares,
    Path(id): Path<String>,
    uri: axum::http::Uri,
    headers: HeaderMap,
) -> Response<Body> {
    shared.paths.lock().unwrap().push(uri.path().to_owned());
    if let Some(refusal) = shared.unauthorized(&headers) {
        return refusal;
    }
    if let Some(Fault::Answer(status, body)) = shared.faults.lock().unwrap().pop_front() {
        return answer(status, body);
    }
    match shared.shipments.lock().unwrap().get(&id) {
        Some(shipment) => answer(200, &shipment.to_string()),
        None => answer(404, r#"{"code":"not_found","message":"Shipment not found"}"#),
    }
}

async fn delete(
    State(shared): Shares,
    Path(id): Path<String>,
    uri: axum::http::Uri,
    headers: HeaderMap,
) -> Response<Body> {
    shared.paths.lock().unwrap().push(format!("DELETE {}", uri.path()));
    if let Some(refusal) = shared.unauthorized(&headers) {
        return refusal;
    }
    if let Some(Fault::Answer(status, body)) = shared.faults.lock().unwrap().pop_front() {
        return answer(status, body);
    }
    shared.shipments.lock().unwrap().remove(&id);
    answer(204, "")
}

/// Answers a call of the catalogue with the next fault, and records its body like an order.
async fn scripted(State(shared): Shares, uri: axum::http::Uri, headers: HeaderMap, body: Bytes) -> Response<Body> {
    shared.paths.lock().unwrap().push(uri.path().to_owned());
    shared.orders.lock().unwrap().extend(serde_json::from_slice::<Value>(&body));
    if let Some(refusal) = shared.unauthorized(&headers) {
        return refusal;
    }
    match shared.faults.lock().unwrap().pop_front() {
        Some(Fault::Answer(status, body)) => answer(status, body),
        _ => answer(404, ""),
    }
}

impl Shared {
    fn unauthorized(&self, headers: &HeaderMap) -> Option<Response<Body>> {
        let given = headers.get("authorization").map_or("", |value| value.to_str().unwrap()).to_owned();
        let valid = format!("Bearer {}", self.token.lock().unwrap().unwrap_or("token-1"));
        self.authorizations.lock().unwrap().push(given.clone());
        (given != valid).then(|| answer(401, r#"{"code":"unauthorized","message":"invalid token"}"#))
    }
}

impl Published {
    fn answer(&self) -> Response<Body> {
        *self.fetched.lock().unwrap() += 1;
        match &*self.set.lock().unwrap() {
            Value::Null => answer(503, "down"),
            set => answer(200, &set.to_string()),
        }
    }

    pub(crate) fn fetched(&self) -> usize {
        *self.fetched.lock().unwrap()
    }

    pub(crate) fn publish(&self, set: Value) {
        *self.set.lock().unwrap() = set;
    }
}

fn answer(status: u16, body: &str) -> Response<Body> {
    let mut response = Response::new(Body::from(body.to_owned()));
    *response.status_mut() = status.try_into().unwrap();
    response
}
