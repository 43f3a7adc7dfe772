//! Handlers that check the token as Keyferry does, and answer with bytes that they got at the start.

use std::collections::HashMap;
use std::io::{BufRead as _, Write as _};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use async_trait::async_trait;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use keyferry_access::{Authentication, Authenticator, DelegatedRights, RolesMode, TokenSettings, TokenValidator};
use keyferry_domain::{Clock, Timestamp};
use keyferry_http::{Client, ClientOptions};
use keyferry_proof_support::{AUDIENCE, TEST_CLIENT};
use tokio::net::TcpListener;

const TENANT: &str = "11111111-2222-4333-8444-555555555555";

/// Bodies of the answers, by operation.
type Bodies = HashMap<String, String>;

struct Bare {
    authentication: Authentication,
    bodies: Bodies,
}

impl Bare {
    async fn answer(&self, headers: &HeaderMap, status: StatusCode, operation: &str) -> Response {
        if self.authentication.identify(headers).await.is_err() {
            return StatusCode::UNAUTHORIZED.into_response();
        }
        (status, [(header::CONTENT_TYPE, "application/json")], self.bodies[operation].clone()).into_response()
    }
}

/// Serves until it is killed. It reads the bodies of the answers from the first line of the standard input, and prints
/// its address. `base` is the address of the sandbox, whose keys sign the tokens.
pub(crate) async fn serve(base: &str) {
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).unwrap();
    let tokens = TokenSettings {
        metadata: format!("{base}/{TENANT}/v2.0/.well-known/openid-configuration"),
        tenant: TENANT.to_owned(),
        issuers: Vec::new(),
        audiences: vec![AUDIENCE.to_owned()],
        client_apps: vec![TEST_CLIENT.0.to_owned()],
    };
    let clock = Arc::new(SystemTimes(Instant::now()));
    let validator = TokenValidator::new(tokens, Client::new(ClientOptions::default()).unwrap(), clock).unwrap();
    let by = Authenticator::Tokens(Arc::new(validator));
    let authentication = Authentication { by, roles: RolesMode::DropIn, delegated: DelegatedRights::Scopes };
    let bare = Arc::new(Bare { authentication, bodies: serde_json::from_str(&line).unwrap() });
    let routes = Router::new()
        .route("/v1/fpr/shipments/{id}", get(status))
        .route("/v1/shipments", get(list))
        .route("/v1/orders", post(order))
        .with_state(bare);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("{}", listener.local_addr().unwrap());
    std::io::stdout().flush().unwrap();
    axum::serve(listener, routes).await.unwrap();
}

async fn status(State(bare): State<Arc<Bare>>, headers: HeaderMap) -> Response {
    bare.answer(&headers, StatusCode::OK, "status").await
}

async fn list(State(bare): State<Arc<Bare>>, headers: HeaderMap) -> Response {
    bare.answer(&headers, StatusCode::OK, "list").await
}

async fn order(State(bare): State<Arc<Bare>>, headers: HeaderMap, body: Bytes) -> Response {
    match serde_json::from_slice::<serde_json::Value>(&body) {
        Ok(order) if order.is_object() => bare.answer(&headers, StatusCode::ACCEPTED, "order").await,
        _ => StatusCode::BAD_REQUEST.into_response(),
    }
}

struct SystemTimes(Instant);

#[async_trait]
impl Clock for SystemTimes {
    fn now(&self) -> Timestamp {
        SystemTime::now().into()
    }

    fn monotonic(&self) -> Duration {
        self.0.elapsed()
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}
