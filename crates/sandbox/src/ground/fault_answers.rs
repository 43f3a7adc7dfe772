//! Responses of injected faults.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::faults::Rule;

/// Returns an error response of the service itself, with this status and the code `sandboxFault`.
///
/// The delivery service has its own form of errors. Clients tell a refusal of the service from one of a gateway by it.
pub(super) fn failure(endpoint: &str, status: u16) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
    let error = serde_json::json!({"code": "sandboxFault", "message": "Fault injected by the sandbox."});
    let body = if endpoint.starts_with("delivery.") { error } else { serde_json::json!({ "error": error }) };
    (status, axum::Json(body)).into_response()
}

/// Returns a response of an unexpected kind. By default it is the page of a captive portal.
pub(super) fn wrong_answer(rule: Rule) -> Response {
    let status = rule.status.and_then(|status| StatusCode::from_u16(status).ok()).unwrap_or(StatusCode::OK);
    let portal = || "<!doctype html><title>Guest network</title><p>Please accept the terms of use.".to_owned();
    let body = rule.body.unwrap_or_else(portal);
    let kind = if body.trim_start().starts_with(['{', '[']) { "application/json" } else { "text/html" };
    (status, [(header::CONTENT_TYPE, HeaderValue::from_static(kind))], body).into_response()
}

/// Returns 429 with an error body in the service's own form. `retry_after` is in seconds.
///
/// inferred: the delivery service documents neither a limit nor this response.
pub(crate) fn throttled(endpoint: &str, retry_after: Option<u64>) -> Response {
    let error = |code| serde_json::json!({"code": code, "message": "Too many requests."});
    let body = if endpoint.starts_with("delivery.") {
        error("too_many_requests")
    } else {
        serde_json::json!({ "error": error("TooManyRequests") })
    };
    let mut response = (StatusCode::TOO_MANY_REQUESTS, axum::Json(body)).into_response();
    if let Some(seconds) = retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}
