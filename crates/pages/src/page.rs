//! Responses with pages.

use std::any::Any;

use askama::Template;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

/// Text if a page cannot be written.
const UNWRITTEN: &str = "Keyferry could not write this page.";

/// Returns the response with a page.
pub fn page(status: StatusCode, template: &impl Template) -> Response {
    match template.render() {
        Ok(text) => {
            let html = HeaderValue::from_static("text/html; charset=utf-8");
            (status, [(header::CONTENT_TYPE, html)], text).into_response()
        }
        Err(error) => {
            tracing::error!(%error, "could not render a page of the console");
            (StatusCode::INTERNAL_SERVER_ERROR, UNWRITTEN).into_response()
        }
    }
}

/// Returns the response after a panic. The panic's message may contain secrets, so it is neither returned nor logged
/// here.
pub fn panicked(_: Box<dyn Any + Send>) -> Response {
    tracing::error!("request handler of the console panicked");
    (StatusCode::INTERNAL_SERVER_ERROR, UNWRITTEN).into_response()
}
