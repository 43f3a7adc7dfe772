//! Error responses when a PIN could not be resent.

use axum::http::StatusCode;
use keyferry_domain::{Failure, FailureClass, Operation};
use keyferry_engine::ResendError;

use crate::kit::problem::{ErrorType, Problem, message_of};

impl From<ResendError> for Problem {
    fn from(error: ResendError) -> Self {
        let words = error.to_string();
        let consequence = match error.may_be_sent() {
            true => "The PIN may or may not have been sent.",
            false => "The PIN was not sent.",
        };
        match error {
            ResendError::NotFound(id) => Self::unknown_shipment(&id),
            ResendError::NotRegistered { phase, .. } => Self::api(StatusCode::CONFLICT, ErrorType::Conflict, words)
                .with(|data| data.phase = Some(phase.as_str())),
            ResendError::Revoked(_) => Self::api(StatusCode::CONFLICT, ErrorType::Conflict, words),
            ResendError::Busy(_) => Self::api(StatusCode::CONFLICT, ErrorType::Busy, words),
            ResendError::Refused { rules, may_override, .. } => {
                let next = match may_override {
                    true => "Send a `reason` to release it all the same.",
                    false => "Only a caller with the role Keyferry.Pin can release it, with a `reason`.",
                };
                Self::api(StatusCode::CONFLICT, ErrorType::Conflict, format!("{words}. {next}"))
                    .with(|data| data.code = rules.first().map(|rule| rule.code().to_owned()))
            }
            ResendError::Failed(failure) => failed(&failure, consequence),
            ResendError::Store(error) => Self::from(error),
        }
    }
}

fn failed(failure: &Failure, consequence: &str) -> Problem {
    // The key is registered, so the delivery service returned its responses before. What it does not return any more is
    // gone, also if it does not report the key at all (`NotYet`).
    let gone = matches!(
        failure.class(),
        FailureClass::SecretLost | FailureClass::UnknownShipment | FailureClass::ResponseMissing | FailureClass::NotYet
    );
    let status = match failure.operation {
        _ if failure.class() == FailureClass::Throttled => return Problem::throttled(failure, consequence),
        _ if gone => StatusCode::GONE,
        // The PIN has no addressee. An operator must correct the directory; retrying does not help, so no 502.
        Operation::ResolveAddressee => StatusCode::CONFLICT,
        // The record was altered, so that a retry does not help.
        Operation::Store if failure.class() == FailureClass::Untrusted => StatusCode::CONFLICT,
        _ => StatusCode::BAD_GATEWAY,
    };
    Problem::of_failure(status, failure, format!("{} {consequence}", message_of(failure)))
}
