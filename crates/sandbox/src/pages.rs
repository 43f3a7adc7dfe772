//! The index, and what the pages load.

use axum::Router;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::ground::page::html;

/// Index, style and scripts.
pub(crate) fn router() -> Router {
    Router::new()
        .route("/", get(async || html(include_str!("../pages/index.html"))))
        .route("/assets/style.css", get(async || text("text/css", include_str!("../pages/style.css"))))
        .route("/assets/signin.js", get(async || text("text/javascript", include_str!("../pages/signin.js"))))
}

fn text(kind: &'static str, content: &'static str) -> Response {
    ([(header::CONTENT_TYPE, kind), (header::X_CONTENT_TYPE_OPTIONS, "nosniff")], content).into_response()
}

#[cfg(test)]
mod tests;
