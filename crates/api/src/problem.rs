//! Errors as callers see them: one body for all, in the guide's form (section 10.2).

mod auth;
mod create;
mod outside;
mod resend;
mod resolve;
mod store;

use std::time::Duration;

use axum::Json;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// Whose error it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) enum ErrorCode {
    /// This service, or the request.
    #[serde(rename = "api_error")]
    Api,
    /// The delivery service, or the factory behind it.
    #[serde(rename = "ye_error")]
    Ye,
    /// The identity provider.
    #[serde(rename = "idp_error")]
    Idp,
}

/// The body of every answer that is not a success.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct ErrorBody {
    /// Whose error it is.
    pub(crate) error_code: ErrorCode,
    /// What happened and what to do, for a person.
    pub(crate) error_message: String,
    /// Particulars for a program; absent when there are none. `error_type` sorts our own errors, `field` names a
    /// member of the request, `code` and `message` are the other side's, `client_request_id` names the failed call in
    /// its logs, `shipment_id` and `order_may_exist` say what may have been ordered.
    #[serde(skip_serializing_if = "Map::is_empty")]
    #[schema(value_type = Object, required = false)]
    pub(crate) error_data: Map<String, Value>,
}

/// An answer that is not a success.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Problem {
    status: StatusCode,
    body: Box<ErrorBody>,
    retry_after: Option<Duration>,
    header: Option<(HeaderName, HeaderValue)>,
}

impl Problem {
    pub(crate) fn new(status: StatusCode, error_code: ErrorCode, error_message: impl Into<String>) -> Self {
        let body = ErrorBody { error_code, error_message: error_message.into(), error_data: Map::new() };
        Self { status, body: Box::new(body), retry_after: None, header: None }
    }

    /// An error of our own of a kind that programs can tell apart.
    pub(crate) fn api(status: StatusCode, error_type: &str, message: impl Into<String>) -> Self {
        Self::new(status, ErrorCode::Api, message).with("error_type", error_type)
    }

    /// A request that does not say what it must.
    pub(crate) fn validation(message: impl Into<String>) -> Self {
        Self::api(StatusCode::BAD_REQUEST, "validation", message)
    }

    /// The same for one member of the request's body, named by its path.
    pub(crate) fn field(field: &str, message: impl Into<String>) -> Self {
        Self::validation(message).with("field", field)
    }

    /// A shipment that nobody here knows.
    pub(crate) fn unknown_shipment(id: &str) -> Self {
        let message = format!("no shipment {} is known here", keyferry_http::clean(id));
        Self::api(StatusCode::NOT_FOUND, "not_found", message)
    }

    /// A defect of ours; the log tells more.
    pub(crate) fn internal() -> Self {
        let message = "This is a defect of the connector; its log tells more.";
        Self::api(StatusCode::INTERNAL_SERVER_ERROR, "internal", message)
    }

    pub(crate) fn with(mut self, member: &str, value: impl Into<Value>) -> Self {
        self.body.error_data.insert(member.to_owned(), value.into());
        self
    }

    pub(crate) fn with_some(self, member: &str, value: Option<impl Into<Value>>) -> Self {
        match value {
            Some(value) => self.with(member, value),
            None => self,
        }
    }

    pub(crate) fn with_retry_after(mut self, retry_after: Duration) -> Self {
        self.retry_after = Some(retry_after);
        self
    }

    pub(crate) fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.header = Some((name, value));
        self
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(*self.body)).into_response();
        if let Some(retry_after) = self.retry_after {
            // Whole seconds, rounded up (RFC 9110 section 10.2.3).
            let seconds = retry_after.as_secs() + u64::from(retry_after.subsec_nanos() > 0);
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds.max(1)));
        }
        if let Some((name, value)) = self.header {
            response.headers_mut().insert(name, value);
        }
        response
    }
}
