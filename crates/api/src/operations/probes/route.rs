//! The routes. They are not part of the document.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use keyferry_engine::Engine;

/// `/livez`: the process answers. `/readyz`: the store answers, too; 503 otherwise.
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
            tracing::warn!(%error, "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, "the store does not answer")
        }
    }
}
