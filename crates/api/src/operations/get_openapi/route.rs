//! The route. It is open to everyone and not part of the document.

use axum::Router;
use axum::http::header;
use axum::routing::get;

/// Serves `json`, the document.
pub(crate) fn routes<S: Clone + Send + Sync + 'static>(json: String) -> Router<S> {
    Router::new().route("/openapi.json", get(async move || ([(header::CONTENT_TYPE, "application/json")], json)))
}
