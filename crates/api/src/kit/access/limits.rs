//! Responses to requests that exceed a limit.

use axum::http::StatusCode;
use keyferry_access::LimitReached;

use crate::kit::problem::{ErrorType, Problem};

impl From<LimitReached> for Problem {
    fn from(error: LimitReached) -> Self {
        let message = format!("The request was refused: {error}. Nothing was ordered or sent.");
        Self::api(StatusCode::TOO_MANY_REQUESTS, ErrorType::Limit, message).with_retry_after(error.retry_after)
    }
}
