//! Error responses when a decision could not be applied.

use axum::http::StatusCode;
use keyferry_domain::FailureClass;
use keyferry_engine::ResolveError;

use crate::kit::problem::{Problem, message_of};

const UNCHANGED: &str = "The shipment is unchanged.";

impl From<ResolveError> for Problem {
    fn from(error: ResolveError) -> Self {
        let words = error.to_string();
        match error {
            ResolveError::NotFound(id) => Self::unknown_shipment(&id),
            ResolveError::WrongPhase { phase, .. } => {
                Self::api(StatusCode::CONFLICT, "conflict", words).with("phase", phase.as_str())
            }
            ResolveError::Busy(_) => Self::api(StatusCode::CONFLICT, "busy", words),
            ResolveError::Taken { other, .. } => {
                Self::api(StatusCode::CONFLICT, "conflict", words).with("shipment_id", other)
            }
            ResolveError::Upstream(failure) if failure.class() == FailureClass::Throttled => {
                Self::throttled(&failure, UNCHANGED)
            }
            ResolveError::Upstream(failure) if failure.class() == FailureClass::UnknownShipment => {
                let message = format!("The delivery service has no shipment with this id: {failure}. {UNCHANGED}");
                Self::of_failure(StatusCode::BAD_REQUEST, &failure, message).with("field", "shipment_id")
            }
            ResolveError::Upstream(failure) => {
                let message = format!("{} {UNCHANGED}", message_of(&failure));
                Self::of_failure(StatusCode::BAD_GATEWAY, &failure, message)
            }
            ResolveError::Store(error) => Self::from(error),
        }
    }
}
