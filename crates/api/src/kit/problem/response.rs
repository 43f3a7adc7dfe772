//! Response to a request that failed.

use std::time::Duration;

use axum::Json;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::body::{Body, ErrorCode, ErrorData, ErrorType};

/// Error response: status, body and headers.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Problem {
    status: StatusCode,
    body: Box<Body>,
    retry_after: Option<Duration>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Problem {
    pub(crate) fn new(status: StatusCode, error_code: ErrorCode, error_message: impl Into<String>) -> Self {
        let body = Body { error_code, error_message: error_message.into(), error_data: ErrorData::default() };
        Self { status, body: Box::new(body), retry_after: None, headers: Vec::new() }
    }

    /// Returns an error of the connector itself. `error_type` classifies it for programs.
    pub(crate) fn api(status: StatusCode, error_type: ErrorType, message: impl Into<String>) -> Self {
        Self::new(status, ErrorCode::Api, message).with(|data| data.error_type = Some(error_type))
    }

    /// Returns 400 for an invalid request.
    pub(crate) fn validation(message: impl Into<String>) -> Self {
        Self::api(StatusCode::BAD_REQUEST, ErrorType::Validation, message)
    }

    /// Returns 400 for an invalid member of the request body. `field` is the member's path.
    pub(crate) fn field(field: &str, message: impl Into<String>) -> Self {
        Self::validation(message).with(|data| data.field = Some(field.to_owned()))
    }

    /// Returns 404 for a shipment that does not exist.
    pub(crate) fn unknown_shipment(id: &str) -> Self {
        let message = format!("Could not find shipment: {}", keyferry_http::clean(id));
        Self::api(StatusCode::NOT_FOUND, ErrorType::NotFound, message)
    }

    /// Returns 500 for a defect of the connector. The cause is only in the log.
    pub(crate) fn internal() -> Self {
        let message = "The connector failed because of a defect. Check the connector's log.";
        Self::api(StatusCode::INTERNAL_SERVER_ERROR, ErrorType::Internal, message)
    }

    /// Returns the error message.
    pub(crate) fn message(&self) -> &str {
        &self.body.error_message
    }

    /// Returns the path of the invalid member, if there is one, and the message.
    pub(crate) fn into_fault(self) -> (Option<String>, String) {
        (self.body.error_data.field, self.body.error_message)
    }

    /// Sets members of `error_data`.
    pub(crate) fn with(mut self, set: impl FnOnce(&mut ErrorData)) -> Self {
        set(&mut self.body.error_data);
        self
    }

    /// Appends a sentence to the message.
    pub(crate) fn with_sentence(mut self, sentence: &str) -> Self {
        self.body.error_message = format!("{} {sentence}", self.body.error_message);
        self
    }

    pub(crate) fn with_retry_after(mut self, retry_after: Duration) -> Self {
        self.retry_after = Some(retry_after);
        self
    }

    pub(crate) fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        debug_assert!(self.body.is_documented(), "the OpenAPI document lacks a member of {:?}", self.body);
        let mut response = (self.status, Json(*self.body)).into_response();
        if let Some(retry_after) = self.retry_after {
            // Whole seconds, rounded up (RFC 9110 section 10.2.3).
            let seconds = retry_after.as_secs() + u64::from(retry_after.subsec_nanos() > 0);
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds.max(1)));
        }
        response.headers_mut().extend(self.headers);
        response
    }
}
