//! Error responses when a key could not be reported as lost.

use axum::http::StatusCode;
use keyferry_domain::FailureClass;
use keyferry_engine::{LostKeyError, PassRefusal};

use crate::kit::problem::{ErrorType, Problem};

impl From<LostKeyError> for Problem {
    fn from(error: LostKeyError) -> Self {
        let words = error.to_string();
        match error {
            LostKeyError::NoKey(_) | LostKeyError::NotOfPerson { .. } => {
                Self::api(StatusCode::NOT_FOUND, ErrorType::NotFound, words)
            }
            LostKeyError::WrongPhase { phase, .. } => Self::api(StatusCode::CONFLICT, ErrorType::Conflict, words)
                .with(|data| data.phase = Some(phase.shown())),
            LostKeyError::Withdrawn { .. } | LostKeyError::Busy(_) => {
                Self::api(StatusCode::CONFLICT, ErrorType::Conflict, words)
            }
            LostKeyError::NoAddress => Self::field("order", format!("`order`: {words}")),
            LostKeyError::OtherPerson(_) => Self::field("order.user_id", format!("`order.user_id`: {words}")),
            LostKeyError::Pass(PassRefusal::Off) => Self::field("access_pass", format!("`access_pass`: {words}")),
            LostKeyError::Pass(PassRefusal::Failed(failure)) => match failure.class() {
                FailureClass::Throttled => Self::throttled(&failure, "Nothing was changed or ordered."),
                _ => Self::of_failure(StatusCode::BAD_GATEWAY, &failure, words),
            },
            LostKeyError::Pass(_) => Self::api(StatusCode::CONFLICT, ErrorType::Conflict, words),
            LostKeyError::Order(error) => Self::from(*error),
            LostKeyError::Store(error) => Self::from(error),
        }
    }
}
