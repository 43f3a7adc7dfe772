//! Error responses when a decision could not be applied.

use axum::http::StatusCode;
use keyferry_domain::FailureClass;
use keyferry_engine::ResolveError;

use crate::kit::problem::{ErrorType, Problem, message_of};

const UNCHANGED: &str = "The shipment is unchanged.";

impl From<ResolveError> for Problem {
    fn from(error: ResolveError) -> Self {
        let words = error.to_string();
        match error {
            ResolveError::NotFound(id) => Self::unknown_shipment(&id),
            ResolveError::WrongPhase { phase, .. } => Self::api(StatusCode::CONFLICT, ErrorType::Conflict, words)
                .with(|data| data.phase = Some(phase.shown())),
            ResolveError::Busy(_) => Self::api(StatusCode::CONFLICT, ErrorType::Busy, words),
            ResolveError::Taken { other, .. } => {
                Self::api(StatusCode::CONFLICT, ErrorType::Conflict, words).with(|data| data.shipment_id = Some(other))
            }
            ResolveError::Upstream(failure) if failure.class() == FailureClass::Throttled => {
                Self::throttled(&failure, UNCHANGED)
            }
            ResolveError::Upstream(failure) if failure.class() == FailureClass::UnknownShipment => {
                let message = format!("The delivery service has no shipment with this id: {failure}. {UNCHANGED}");
                Self::of_failure(StatusCode::BAD_REQUEST, &failure, message)
                    .with(|data| data.field = Some("shipment_id".to_owned()))
            }
            ResolveError::Upstream(failure) => {
                let message = format!("{} {UNCHANGED}", message_of(&failure));
                Self::of_failure(StatusCode::BAD_GATEWAY, &failure, message)
            }
            ResolveError::Store(error) => Self::from(error),
        }
    }
}
