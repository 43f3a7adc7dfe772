//! Routes of the probes. They are not part of the OpenAPI document.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use keyferry_engine::{Engine, Problem};

/// Returns a problem of the server, if there is one.
type ServerProblem = Arc<dyn Fn() -> Option<Problem> + Send + Sync>;

/// Returns the routes of the probes. `/livez` returns 200 while the process runs. `/readyz` returns 200 if the store
/// accepts writes, orders are accepted, and `server` returns no blocking problem, else 503. Its body names what is
/// wrong.
pub fn probes(engine: Engine, server: ServerProblem) -> Router {
    Router::new()
        .route("/livez", get(live))
        .route("/readyz", get(ready))
        .fallback(unknown_path)
        .method_not_allowed_fallback(wrong_method)
        .with_state((engine, server))
}

async fn unknown_path() -> (StatusCode, &'static str) {
    (StatusCode::NOT_FOUND, "not found: this port serves GET /livez and GET /readyz")
}

async fn wrong_method() -> (StatusCode, &'static str) {
    (StatusCode::METHOD_NOT_ALLOWED, "method not allowed: use GET")
}

async fn live() -> &'static str {
    "ok"
}

/// The first line is `ok` or `not ready`. Each further line is a problem: its code and what to do.
async fn ready(State((engine, server)): State<(Engine, ServerProblem)>) -> (StatusCode, String) {
    let mut readiness = engine.readiness().await;
    readiness.problems.extend(server());
    let (status, first) =
        if readiness.is_ready() { (StatusCode::OK, "ok") } else { (StatusCode::SERVICE_UNAVAILABLE, "not ready") };
    let mut body = first.to_owned();
    for Problem { code, message, .. } in &readiness.problems {
        body.push_str(&format!("\n{code}: {message}"));
    }
    (status, body)
}
