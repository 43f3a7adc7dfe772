//! Routes of the probes. They are not part of the OpenAPI document.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use keyferry_engine::Engine;

/// Returns the routes of the probes. `/livez` returns 200 while the process runs. `/readyz` returns 200 if the store
/// answers, else 503.
pub fn probes(engine: Engine) -> Router {
    Router::new().route("/livez", get(live)).route("/readyz", get(ready)).with_state(engine)
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
