//! HTTP server that returns scripted answers and records requests.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use tokio::net::TcpListener;
use url::Url;

pub(crate) struct Seen {
    pub(crate) method: Method,
    pub(crate) uri: Uri,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

pub(crate) struct HttpServer {
    pub(crate) url: Url,
    seen: Arc<Mutex<Vec<Seen>>>,
}

#[derive(Clone)]
struct Shared {
    answers: Arc<Mutex<Vec<(u16, String)>>>,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl HttpServer {
    /// Starts a server that returns these answers in order. Status 0 closes the connection instead.
    pub(crate) async fn start(answers: impl IntoIterator<Item = (u16, &str)>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = Url::parse(&format!("http://{}/", listener.local_addr().unwrap())).unwrap();
        let mut answers: Vec<_> = answers.into_iter().map(|(status, body)| (status, body.to_owned())).collect();
        answers.reverse();
        let shared = Shared { answers: Arc::new(Mutex::new(answers)), seen: Arc::default() };
        let seen = shared.seen.clone();
        let app = Router::new().fallback(answer).with_state(shared);
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { url, seen }
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        std::mem::take(&mut self.seen.lock().unwrap())
    }
}

async fn answer(State(shared): State<Shared>, method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
    shared.seen.lock().unwrap().push(Seen { method, uri, headers, body });
    let (status, text) = shared.answers.lock().unwrap().pop().unwrap_or((599, String::new()));
    if status == 0 {
        // Ends the connection's task, which closes the connection.
        panic!("the script closes the connection");
    }
    (StatusCode::from_u16(status).unwrap(), text).into_response()
}
