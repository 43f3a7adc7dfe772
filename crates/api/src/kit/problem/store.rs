//! Error responses for failures of the store.

use axum::http::StatusCode;
use keyferry_domain::ports::StoreError;

use super::body::ErrorType;
use super::failure::DEFAULT_RETRY_AFTER;
use super::response::Problem;

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        let message = format!("{error}.");
        match error {
            // Retrying does not help while the record is broken, so no 503.
            StoreError::Broken { .. } | StoreError::Damaged(_) => {
                Self::api(StatusCode::INTERNAL_SERVER_ERROR, ErrorType::Store, message)
            }
            StoreError::Conflict(_) | StoreError::Exists(_) | StoreError::Unavailable(_) => {
                Self::api(StatusCode::SERVICE_UNAVAILABLE, ErrorType::Store, message)
                    .with_retry_after(DEFAULT_RETRY_AFTER)
            }
        }
    }
}
