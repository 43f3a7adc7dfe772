//! Error responses of the operations on webhooks.

use axum::http::StatusCode;
use keyferry_engine::WebhookError;

use crate::kit::problem::{ErrorType, Problem};

/// Returns 404 for a webhook that does not exist.
pub(crate) fn unknown() -> Problem {
    let message = "Could not find the webhook or the message.";
    Problem::api(StatusCode::NOT_FOUND, ErrorType::NotFound, message)
}

/// Returns the response for an error.
pub(crate) fn problem(error: WebhookError) -> Problem {
    let message = format!("{error}.");
    match error {
        WebhookError::Unknown => unknown(),
        WebhookError::InSettings | WebhookError::TooMany(_) => {
            Problem::api(StatusCode::CONFLICT, ErrorType::Conflict, message)
        }
        WebhookError::Invalid { field, .. } => Problem::field(field, message),
        WebhookError::NoSecret(_) => Problem::internal(),
        WebhookError::Store(error) => error.into(),
    }
}
