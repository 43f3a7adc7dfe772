//! Error responses when a key could not be marked as returned.

use axum::http::StatusCode;
use keyferry_engine::ReturnKeyError;

use crate::kit::problem::{ErrorType, Problem};

impl From<ReturnKeyError> for Problem {
    fn from(error: ReturnKeyError) -> Self {
        let words = error.to_string();
        match error {
            ReturnKeyError::NotFound(_) => Self::api(StatusCode::NOT_FOUND, ErrorType::NotFound, words),
            ReturnKeyError::Busy(_) => Self::api(StatusCode::CONFLICT, ErrorType::Conflict, words),
            ReturnKeyError::Store(error) => Self::from(error),
        }
    }
}
