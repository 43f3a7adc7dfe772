//! Batch id in a path.

use axum::extract::{FromRequestParts, Path};
use axum::http::StatusCode;
use axum::http::request::Parts;
use keyferry_domain::BatchId;

use crate::kit::problem::{ErrorType, Problem};

/// Id of a batch. Text that cannot be one is rejected with 404.
pub(crate) struct BatchKey(pub(crate) BatchId);

impl<S: Send + Sync> FromRequestParts<S> for BatchKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match Path::<String>::from_request_parts(parts, state).await {
            Ok(Path(id)) => {
                BatchId::parse(&id).map(Self).ok_or_else(|| unknown(&id.chars().take(60).collect::<String>()))
            }
            Err(_) => Err(unknown("the id in the path is not valid UTF-8")),
        }
    }
}

/// Returns 404 for a batch that does not exist.
pub(crate) fn unknown(id: &str) -> Problem {
    let message = format!("Could not find batch: {}", keyferry_http::clean(id));
    Problem::api(StatusCode::NOT_FOUND, ErrorType::NotFound, message)
}

/// Returns 404 for a row that does not exist.
pub(crate) fn unknown_row(number: &str) -> Problem {
    let message = format!("Could not find row: {}", keyferry_http::clean(number));
    Problem::api(StatusCode::NOT_FOUND, ErrorType::NotFound, message)
}
