//! Error responses for failures of external services.

use std::time::Duration;

use axum::http::StatusCode;
use keyferry_domain::{Failure, FailureClass, ObstacleClass, Party};
use keyferry_engine::failures::{explain, meaning};

use super::body::ErrorCode;
use super::response::Problem;

/// `Retry-After` when the other service sent none.
pub(crate) const DEFAULT_RETRY_AFTER: Duration = Duration::from_secs(30);

/// Returns the error code for a failure of `party`.
pub(crate) fn error_code(party: Party) -> ErrorCode {
    match party {
        Party::TokenEndpoint | Party::IdentityProvider => ErrorCode::Idp,
        Party::DeliveryService | Party::Factory => ErrorCode::Ye,
        Party::PinDelivery | Party::Store | Party::Connector => ErrorCode::Api,
    }
}

/// Returns the failure as a message for the caller, with punctuation at the end.
///
/// Leaves out the remedy of a `retry` failure, which describes what the scheduler does, not the caller.
pub(crate) fn message_of(failure: &Failure) -> String {
    let mut message = match meaning(failure.class()).class {
        ObstacleClass::Retry => failure.to_string(),
        ObstacleClass::Attention | ObstacleClass::Final => explain(failure),
    };
    if !message.ends_with(['.', '?']) {
        message.push('.');
    }
    message
}

impl Problem {
    /// Returns an error of an external service, with its code and the correlation id of the call.
    pub(crate) fn of_failure(status: StatusCode, failure: &Failure, message: impl Into<String>) -> Self {
        Self::new(status, error_code(failure.party), message).with(|data| {
            data.code = failure.code().map(str::to_owned);
            data.client_request_id.clone_from(&failure.correlation);
        })
    }

    /// Returns 502 for a failure of a call that changes nothing, or 503 if it was throttled.
    pub(crate) fn upstream(failure: &Failure) -> Self {
        match failure.class() {
            FailureClass::Throttled => Self::throttled(failure, ""),
            _ => Self::of_failure(StatusCode::BAD_GATEWAY, failure, message_of(failure)),
        }
    }

    /// Returns 503 with `Retry-After` for a call that was throttled. `consequence` must be a complete sentence.
    pub(crate) fn throttled(failure: &Failure, consequence: &str) -> Self {
        let message = format!("{} {consequence}", message_of(failure)).trim_end().to_owned();
        Self::of_failure(StatusCode::SERVICE_UNAVAILABLE, failure, message)
            .with_retry_after(failure.retry_after.unwrap_or(DEFAULT_RETRY_AFTER))
    }
}
