//! Graph's error envelope.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::ids::Ids;

/// Error response of Graph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct GraphError {
    pub(super) status: StatusCode,
    pub(super) code: &'static str,
    pub(super) message: String,
    /// Whether `innerError` repeats the message, as the authentication methods workload does.
    repeats: bool,
}

impl GraphError {
    /// Returns an error of the directory, the mail workload or the gateway.
    pub(super) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), repeats: false }
    }

    /// Returns an error of the authentication methods workload.
    pub(super) fn methods(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { repeats: true, ..Self::new(status, code, message) }
    }

    /// Returns a 400 of the authentication methods workload.
    pub(super) fn bad_request(message: impl Into<String>) -> Self {
        Self::methods(StatusCode::BAD_REQUEST, "badRequest", message)
    }

    /// Returns a 405. Observed for self-service calls and for methods that a path does not support.
    pub(super) fn method_not_allowed() -> Self {
        let message = "The method is not supported for this URL.";
        Self::methods(StatusCode::METHOD_NOT_ALLOWED, "methodNotAllowed", message)
    }

    /// Returns the directory's 403 for a missing permission.
    pub(super) fn directory_denied() -> Self {
        let message = "Insufficient privileges to complete the operation.";
        Self::new(StatusCode::FORBIDDEN, "Authorization_RequestDenied", message)
    }

    /// Returns the error for an unknown path. // inferred: general knowledge of OData services.
    pub(super) fn unknown_segment(segment: &str) -> Self {
        let message = format!("Resource not found for the segment '{segment}'.");
        Self::new(StatusCode::BAD_REQUEST, "BadRequest", message)
    }

    /// Returns the error for a malformed key in a path. The status is documented; the text is the sandbox's own.
    pub(super) fn bad_syntax() -> Self {
        Self::new(StatusCode::BAD_REQUEST, "BadRequest", "The key of the entity could not be parsed.")
    }

    /// Returns the 404 for a missing directory object or reference property.
    pub(super) fn no_such_object(name: &str) -> Self {
        let message = format!(
            "Resource '{name}' does not exist or one of its queried reference-property objects are not present."
        );
        Self::new(StatusCode::NOT_FOUND, "Request_ResourceNotFound", message)
    }

    /// Returns the response with the ids of the call.
    pub(super) fn answer(&self, ids: &Ids) -> Response {
        let mut inner = json!({
            // No zone suffix, as documented.
            "date": ids.at.format("%Y-%m-%dT%H:%M:%S").to_string(),
            "request-id": ids.request,
            "client-request-id": ids.client,
        });
        if self.repeats {
            inner["message"] = json!(self.message);
        }
        let body = json!({"error": {"code": self.code, "message": self.message, "innerError": inner}});
        (self.status, Json(body)).into_response()
    }
}
