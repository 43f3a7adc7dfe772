//! What a connector and Graph said to each other about a key, as it went over the wire.

#![allow(missing_docs, unreachable_pub, reason = "helpers of tests")]
#![allow(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]
#![allow(clippy::disallowed_methods, reason = "the tests stand outside: they have HTTP clients of their own")]

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Method, Response, Uri, header};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// Stands between a connector and Graph and keeps what went by. It changes nothing.
pub struct Wire {
    /// To be given to the connector in Graph's place.
    pub base: String,
    record: Arc<Record>,
    serving: JoinHandle<()>,
}

struct Record {
    graph: String,
    http: reqwest::Client,
    exchanges: Mutex<Vec<Exchange>>,
}

#[derive(Clone)]
struct Exchange {
    method: Method,
    path: String,
    request: Bytes,
    response: Bytes,
}

impl Wire {
    /// On a port of its own, to the Graph at `graph`.
    pub async fn to(graph: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let record = Record { graph: graph.to_owned(), http: reqwest::Client::new(), exchanges: Mutex::default() };
        let record = Arc::new(record);
        let app = Router::new().fallback(pass).with_state(Arc::clone(&record));
        let serving = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { base, record, serving }
    }

    /// The first creation options that Graph gave: those of the order.
    pub fn creation_options(&self) -> Value {
        let exchange = self.find(|one| one.method == Method::GET && one.path.contains("/creationOptions"));
        let answer: Value = serde_json::from_slice(&exchange.response).unwrap();
        answer["publicKey"].clone()
    }

    /// The body of the only registration.
    pub fn registration(&self) -> Value {
        let exchange = self.find(|one| one.method == Method::POST && one.path.ends_with("/fido2Methods"));
        serde_json::from_slice(&exchange.request).unwrap()
    }

    fn find(&self, is_it: impl Fn(&Exchange) -> bool) -> Exchange {
        self.record.exchanges.lock().unwrap().iter().find(|one| is_it(one)).unwrap().clone()
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn pass(
    State(record): State<Arc<Record>>,
    method: Method,
    uri: Uri,
    mut headers: HeaderMap,
    request: Bytes,
) -> Response<Body> {
    // Those of this connection, not of the message.
    headers.remove(header::HOST);
    headers.remove(header::CONTENT_LENGTH);
    let path = uri.path_and_query().unwrap().as_str();
    let sent = record.http.request(method.clone(), format!("{}{path}", record.graph)).headers(headers);
    let answer = sent.body(request.clone()).send().await.unwrap();
    let (status, headers) = (answer.status(), answer.headers().clone());
    let response = answer.bytes().await.unwrap();
    let exchange = Exchange { method, path: uri.path().to_owned(), request, response: response.clone() };
    record.exchanges.lock().unwrap().push(exchange);
    let mut passed = Response::builder().status(status);
    passed.headers_mut().unwrap().extend(headers);
    passed.headers_mut().unwrap().remove(header::TRANSFER_ENCODING);
    passed.body(Body::from(response)).unwrap()
}
