//! Error responses when a shipment could not be cancelled.

use axum::http::StatusCode;
use keyferry_engine::CancelError;

use crate::kit::problem::{ErrorType, Problem};

impl From<CancelError> for Problem {
    fn from(error: CancelError) -> Self {
        let words = error.to_string();
        match error {
            CancelError::NotFound(id) => Self::unknown_shipment(&id),
            CancelError::WrongPhase { phase, .. } => Self::api(StatusCode::CONFLICT, ErrorType::Conflict, words)
                .with(|data| data.phase = Some(phase.shown())),
            CancelError::Busy(_) => Self::api(StatusCode::CONFLICT, ErrorType::Busy, words),
            CancelError::Store(error) => Self::from(error),
        }
    }
}
