//! Route of the OpenAPI document. It requires no authentication and is not part of the document.

use axum::Router;
use axum::http::header;
use axum::routing::get;

/// Returns the route that serves the document `json`.
pub(crate) fn routes<S: Clone + Send + Sync + 'static>(json: String) -> Router<S> {
    Router::new().route("/openapi.json", get(async move || ([(header::CONTENT_TYPE, "application/json")], json)))
}
