//! Failures of outside parties.

use std::time::Duration;

use axum::http::StatusCode;
use keyferry_domain::{Failure, ObstacleClass, Party};
use keyferry_engine::failures::{classify, explain};

use super::{ErrorCode, Problem};

/// What a caller is asked to wait when the throttling side does not say.
pub(super) const WAIT: Duration = Duration::from_secs(30);

/// Whose error a party's failure is.
pub(super) fn code_of(party: Party) -> ErrorCode {
    match party {
        Party::TokenEndpoint | Party::IdentityProvider => ErrorCode::Idp,
        Party::DeliveryService | Party::Factory => ErrorCode::Ye,
        Party::PinDelivery | Party::Store | Party::Connector => ErrorCode::Api,
    }
}

/// The failure for a person. What only time can mend has advice for the schedule, which does not concern a caller.
pub(super) fn in_words(failure: &Failure) -> String {
    let mut words = match classify(failure).class {
        ObstacleClass::Retry => failure.to_string(),
        ObstacleClass::Attention | ObstacleClass::Final => explain(failure),
    };
    if !words.ends_with('.') {
        words.push('.');
    }
    words
}

impl Problem {
    /// An outside party's failure, with its code and the correlation id of the call.
    pub(super) fn of_failure(status: StatusCode, failure: &Failure, message: impl Into<String>) -> Self {
        Self::new(status, code_of(failure.party), message)
            .with_some("code", failure.code())
            .with_some("client_request_id", failure.correlation.as_deref())
    }

    /// The other side throttles.
    pub(super) fn throttled(failure: &Failure, consequence: &str) -> Self {
        let message = format!("{} {consequence}", in_words(failure)).trim_end().to_owned();
        Self::of_failure(StatusCode::SERVICE_UNAVAILABLE, failure, message)
            .with_retry_after(failure.retry_after.unwrap_or(WAIT))
    }
}
