//! What pages change, they change through the operations of the API, in this process and as the signed-in user. So an
//! action has one implementation, with one set of checks, limits and texts, whoever asks for it.

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use serde_json::Value;
use tower::ServiceExt as _;

use crate::state::ConsoleState;
use crate::visitor::Visitor;

/// Largest response of an operation, in bytes. Far above all that return JSON.
const LARGEST: usize = 16 * 1024 * 1024;

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// An operation's refusal.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    /// What happened and what to do, in English.
    pub(crate) message: String,
    /// Path of the invalid member of the request.
    pub(crate) field: Option<String>,
    /// All of `error_data`.
    pub(crate) data: Value,
}

impl Refusal {
    /// Returns the refusal of a file that was not passed on.
    pub(crate) fn of_file(message: &str) -> Self {
        Self { status: StatusCode::BAD_REQUEST, message: message.to_owned(), field: None, data: Value::Null }
    }

    /// Returns the refusal in the body of an error response (guide, section 10.2).
    fn of(status: StatusCode, body: &Value) -> Self {
        let data = body["error_data"].clone();
        // The delivery service's own message says what is wrong; the guide's is the same for all.
        let message = data["message"].as_str().or_else(|| body["error_message"].as_str());
        let message = message.map_or_else(|| format!("The service returned the status {status}."), str::to_owned);
        let field = data["field"].as_str().map(str::to_owned);
        Self { status, message, field, data }
    }
}

impl Visitor {
    /// Passes a request to the operations of the API, as this user.
    pub(crate) async fn send(&self, state: &ConsoleState, mut request: Request) -> Response {
        request.extensions_mut().insert(self.principal().clone());
        match state.api.clone().oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        }
    }

    /// Requests an operation, and returns the JSON of its response.
    ///
    /// # Errors
    /// The operation's refusal.
    pub(crate) async fn ask(
        &self,
        state: &ConsoleState,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Result<Value, Refusal> {
        self.answer(state, request(method, path, body)).await
    }

    /// Requests an operation that orders. A repeated request with the same key orders nothing.
    ///
    /// # Errors
    /// The operation's refusal.
    pub(crate) async fn ask_once(
        &self,
        state: &ConsoleState,
        path: &str,
        body: Value,
        key: &str,
    ) -> Result<Value, Refusal> {
        let mut request = request(Method::POST, path, Some(body));
        let key = HeaderValue::try_from(key).unwrap_or(HeaderValue::from_static(""));
        request.headers_mut().insert(IDEMPOTENCY_KEY, key);
        self.answer(state, request).await
    }

    /// Passes a request to the operations of the API, and returns the JSON of its response.
    ///
    /// # Errors
    /// The operation's refusal.
    pub(crate) async fn outcome(&self, state: &ConsoleState, request: Request) -> Result<Value, Refusal> {
        self.answer(state, request).await
    }

    /// Requests an operation that returns a file, and returns its response.
    ///
    /// # Errors
    /// The operation's refusal.
    pub(crate) async fn file(&self, state: &ConsoleState, path: &str, body: Value) -> Result<Response, Refusal> {
        let response = self.send(state, request(Method::POST, path, Some(body))).await;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let bytes = to_bytes(response.into_body(), LARGEST).await.unwrap_or_default();
        Err(Refusal::of(status, &serde_json::from_slice(&bytes).unwrap_or_default()))
    }

    async fn answer(&self, state: &ConsoleState, request: Request) -> Result<Value, Refusal> {
        let response = self.send(state, request).await;
        let status = response.status();
        let bytes = to_bytes(response.into_body(), LARGEST).await.unwrap_or_default();
        let body = serde_json::from_slice(&bytes).unwrap_or_default();
        if status.is_success() { Ok(body) } else { Err(Refusal::of(status, &body)) }
    }
}

fn request(method: Method, path: &str, body: Option<Value>) -> Request {
    let has_body = body.is_some();
    let mut request = Request::new(body.map_or_else(Body::empty, |body| Body::from(body.to_string())));
    *request.method_mut() = method;
    // A path is built from checked ids. Another one leads to no operation.
    *request.uri_mut() = path.parse().unwrap_or_default();
    if has_body {
        request.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    request
}
