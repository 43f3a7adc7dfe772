//! Recorded exchanges between a connector and Graph.

#![allow(missing_docs, unreachable_pub, reason = "helpers of tests")]
#![allow(clippy::unwrap_used, reason = "a failing helper fails the test")]
#![allow(clippy::disallowed_methods, reason = "the tests run outside of the program, with their own HTTP clients")]

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Method, Response, Uri, header};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// Proxy between a connector and Graph that records exchanges without changing them.
pub struct Wire {
    /// Base URL, to be used by the connector in place of Graph's.
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
    /// Starts a proxy to the Graph at `graph` on a free port.
    pub async fn to(graph: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let record = Record { graph: graph.to_owned(), http: reqwest::Client::new(), exchanges: Mutex::default() };
        let record = Arc::new(record);
        let app = Router::new().fallback(pass).with_state(Arc::clone(&record));
        let serving = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { base, record, serving }
    }

    /// Returns the first creation options from Graph, which are those of the order.
    pub fn creation_options(&self) -> Value {
        let exchange = self.find(|one| one.method == Method::GET && one.path.contains("/creationOptions"));
        let answer: Value = serde_json::from_slice(&exchange.response).unwrap();
        answer["publicKey"].clone()
    }

    /// Returns the body of the only registration.
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
    // These headers belong to the connection, not to the message.
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
