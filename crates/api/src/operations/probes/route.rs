//! Routes of the probes. They are not part of the OpenAPI document.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use keyferry_engine::Engine;

/// Returns the routes of the probes. `/livez` returns 200 while the process runs. `/readyz` returns 200 if the store
/// answers, else 503.
pub fn probes(engine: Engine) -> Router {
    Router::new()
        .route("/livez", get(live))
        .route("/readyz", get(ready))
        .fallback(unknown_path)
        .method_not_allowed_fallback(wrong_method)
        .with_state(engine)
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

async fn ready(State(engine): State<Engine>) -> (StatusCode, &'static str) {
    match engine.ready().await {
        Ok(()) => (StatusCode::OK, "ok"),
        Err(error) => {
            tracing::warn!(%error, "readiness probe failed: store unavailable");
            (StatusCode::SERVICE_UNAVAILABLE, "store unavailable")
        }
    }
}
