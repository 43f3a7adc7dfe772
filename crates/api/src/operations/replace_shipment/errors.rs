//! Error responses when a shipment could not be replaced.

use axum::http::StatusCode;
use keyferry_engine::ReplaceError;

use crate::kit::problem::{ErrorType, Problem};

impl From<ReplaceError> for Problem {
    fn from(error: ReplaceError) -> Self {
        let words = error.to_string();
        match error {
            ReplaceError::NotFound(id) => Self::unknown_shipment(&id),
            ReplaceError::OtherPerson { .. } => Self::field("order.user_id", format!("`order.user_id`: {words}")),
            ReplaceError::WrongPhase { phase, .. } => Self::api(StatusCode::CONFLICT, ErrorType::Conflict, words)
                .with(|data| data.phase = Some(phase.shown())),
            ReplaceError::Order(error) => Self::from(error),
            ReplaceError::Store(error) => Self::from(error),
        }
    }
}
