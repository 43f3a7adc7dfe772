//! Error responses when no letter was printed.

use axum::http::StatusCode;
use keyferry_engine::PrintError;

use crate::kit::problem::{ErrorType, Problem};

impl From<PrintError> for Problem {
    fn from(error: PrintError) -> Self {
        let words = error.to_string();
        match error {
            PrintError::Off => Self::api(StatusCode::CONFLICT, ErrorType::Conflict, words),
            PrintError::NoUser => Self::api(StatusCode::FORBIDDEN, ErrorType::Authorization, words),
            PrintError::NotPrintable(_) => Self::validation(words),
            PrintError::NotReleased(error) => error.into(),
        }
    }
}
