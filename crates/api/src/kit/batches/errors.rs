//! Error responses about batches.

use axum::http::StatusCode;
use keyferry_engine::BatchError;

use super::id::{unknown, unknown_row};
use crate::kit::problem::{ErrorType, Problem};

impl From<BatchError> for Problem {
    fn from(error: BatchError) -> Self {
        let conflict = |message| Self::api(StatusCode::CONFLICT, ErrorType::Conflict, message);
        match error {
            BatchError::NotFound(id) => unknown(&id.to_string()),
            BatchError::NoRow(_, row) => unknown_row(&row.to_string()),
            BatchError::WrongState(_) | BatchError::NothingToOrder => conflict(format!("{error}.")),
            BatchError::OtherCount { ready, .. } => {
                conflict(format!("{error}. Nothing was submitted. Read the findings, then confirm {ready}."))
                    .with(|data| data.field = Some("confirm".to_owned()))
            }
            BatchError::TooManyRows(_) => {
                Self::validation(format!("{error}. Nothing was stored. Divide it into several batches."))
            }
            BatchError::Busy => conflict(format!("{error}.")),
            BatchError::Store(error) => error.into(),
        }
    }
}

/// Returns 400 for a file that was rejected as a whole.
pub(crate) fn rejected_file(error: &keyferry_sheet::Error) -> Problem {
    Problem::validation(format!("{error} Nothing was stored.")).with(|data| data.code = Some(error.code().to_owned()))
}
