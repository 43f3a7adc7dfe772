//! Tests of the adapter against a test double of Graph. Its responses come from public captures and documentation.

mod access_passes;
mod creation_options;
mod directory;
mod eligibility;
mod methods;
mod profile;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use axum::body::{Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use keyferry_azure_identity::{AccessToken, TokenSource};
use keyferry_domain::{Failure, UserRef};
use keyferry_http::{Client, ClientOptions, Pacing};
use serde_json::{Value, json};
use url::Url;

use crate::{Entra, EntraSettings, GraphClients};

const UPN: &str = "ada@contoso.example";
const ID: &str = "a1000000-0000-4000-8000-000000000001";

/// Received request: method and target as sent, headers, body.
struct Received {
    line: String,
    headers: HeaderMap,
    body: Bytes,
}

#[derive(Default)]
struct Script {
    answers: Mutex<VecDeque<Answer>>,
    received: Mutex<Vec<Received>>,
}

enum Answer {
    Say(u16, Value, Option<&'static str>),
    /// Response to another call.
    OfAnotherCall(u16, Value),
    Never,
}

fn say(status: u16, body: Value) -> Answer {
    Answer::Say(status, body, None)
}

/// Returns an error response of Graph.
fn refuse(status: u16, code: &str, message: &str) -> Answer {
    let inner = json!({"date": "2024-12-01T12:43:54", "request-id": "r", "client-request-id": "c", "message": message});
    say(status, json!({"error": {"code": code, "message": message, "innerError": inner}}))
}

/// Returns a 404 of the directory.
fn missing(name: &str) -> Answer {
    let text =
        format!("Resource '{name}' does not exist or one of its queried reference-property objects are not present.");
    refuse(404, "Request_ResourceNotFound", &text)
}

/// Provides the tokens `t1`, `t2`, …: a new one after each refusal.
struct Tokens(Mutex<(u32, AccessToken)>);

#[async_trait]
impl TokenSource for Tokens {
    async fn token(&self) -> Result<AccessToken, Failure> {
        Ok(self.0.lock().unwrap().1.clone())
    }

    fn invalidate(&self, _: &AccessToken) {
        let mut kept = self.0.lock().unwrap();
        kept.0 += 1;
        kept.1 = AccessToken::new(format!("HUSH-t{}", kept.0));
    }
}

struct World {
    entra: Entra,
    script: Arc<Script>,
    tokens: Arc<Tokens>,
}

impl World {
    async fn new(answers: impl IntoIterator<Item = Answer>) -> Self {
        Self::with(answers, |_| {}).await
    }

    async fn with(answers: impl IntoIterator<Item = Answer>, change: impl Fn(&mut EntraSettings)) -> Self {
        Self::paced(answers, change, None).await
    }

    /// Starts an adapter whose calls to authentication methods have a rate limit.
    async fn paced(
        answers: impl IntoIterator<Item = Answer>,
        change: impl Fn(&mut EntraSettings),
        pacing: Option<Pacing>,
    ) -> Self {
        let script = Arc::new(Script { answers: Mutex::new(answers.into_iter().collect()), ..Script::default() });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut settings =
            EntraSettings::new(Url::parse(&format!("http://{}/", listener.local_addr().unwrap())).unwrap());
        change(&mut settings);
        let app = axum::Router::new().fallback(respond).with_state(script.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        let options = ClientOptions { timeout: Duration::from_secs(2), ..ClientOptions::default() };
        let tokens = Arc::new(Tokens(Mutex::new((1, AccessToken::new("HUSH-t1")))));
        let client = |pacing| Client::new(ClientOptions { pacing, ..options.clone() }).unwrap();
        let clients = GraphClients { methods: client(pacing), directory: client(None) };
        Self { entra: Entra::new(settings, clients, tokens.clone()), script, tokens }
    }

    /// Returns the received request lines, in order.
    fn lines(&self) -> Vec<String> {
        self.script.received.lock().unwrap().iter().map(|received| received.line.clone()).collect()
    }

    /// Returns the received tokens, in order.
    fn bearers(&self) -> Vec<String> {
        let received = self.script.received.lock().unwrap();
        received.iter().map(|received| received.headers["authorization"].to_str().unwrap().to_owned()).collect()
    }
}

async fn respond(State(script): State<Arc<Script>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let line = format!("{} {}", parts.method, parts.uri);
    let body = to_bytes(body, 1 << 20).await.unwrap();
    script.received.lock().unwrap().push(Received { line, headers: parts.headers, body });
    let answer = script.answers.lock().unwrap().pop_front();
    match answer {
        Some(Answer::Say(status, body, retry_after)) => {
            let headers = retry_after.map(|seconds| [("retry-after", seconds)]);
            (StatusCode::from_u16(status).unwrap(), headers.map_or_else(HeaderMap::new, to_map), axum::Json(body))
                .into_response()
        }
        Some(Answer::OfAnotherCall(status, body)) => {
            let headers = to_map([("client-request-id", "0a1b2c3d-0000-4000-8000-00000000000f")]);
            (StatusCode::from_u16(status).unwrap(), headers, axum::Json(body)).into_response()
        }
        Some(Answer::Never) => std::future::pending().await,
        None => StatusCode::IM_A_TEAPOT.into_response(),
    }
}

fn to_map(headers: [(&'static str, &'static str); 1]) -> HeaderMap {
    headers.into_iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
}

fn user(text: &str) -> UserRef {
    UserRef::parse(text).unwrap()
}
