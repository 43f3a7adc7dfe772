//! The index, and what the pages load.

use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::json;

use crate::ground::accepts;
use crate::ground::page::html;

/// Index, style and scripts.
pub(crate) fn router() -> Router {
    Router::new()
        .route("/", get(async || html(include_str!("../pages/index.html"))))
        .route("/assets/style.css", get(async || text("text/css", include_str!("../pages/style.css"))))
        .route("/assets/signin.js", get(async || text("text/javascript", include_str!("../pages/signin.js"))))
}

/// Answers a path that no service has: 404.
pub(crate) async fn unknown_path(request: Request) -> Response {
    let what = format!("The sandbox has no {}.", request.uri().path());
    missing(request.headers(), &what)
}

/// Answers a method that a path does not have: 405.
pub(crate) async fn wrong_method(request: Request) -> Response {
    let what = format!("{} does not accept {}. See the Allow header.", request.uri().path(), request.method());
    (StatusCode::METHOD_NOT_ALLOWED, Json(json!({ "error": what }))).into_response()
}

/// 404: a page for browsers, JSON for programs.
pub(crate) fn missing(headers: &HeaderMap, what: &str) -> Response {
    if accepts::html(headers) {
        return (StatusCode::NOT_FOUND, html(include_str!("../pages/missing.html"))).into_response();
    }
    let error = format!("{what} GET / lists its pages and services.");
    (StatusCode::NOT_FOUND, Json(json!({ "error": error }))).into_response()
}

fn text(kind: &'static str, content: &'static str) -> Response {
    ([(header::CONTENT_TYPE, kind), (header::X_CONTENT_TYPE_OPTIONS, "nosniff")], content).into_response()
}

#[cfg(test)]
mod tests;
