//! Response body, and error responses when a passkey could not be revoked.

use axum::http::StatusCode;
use keyferry_domain::FailureClass;
use keyferry_engine::{RevokeError, Revoked};
use serde::Serialize;
use utoipa::ToSchema;

use crate::kit::problem::{ErrorType, Problem, message_of};

/// Revoked passkey.
#[derive(Serialize, ToSchema)]
pub(crate) struct RevokedBody {
    /// Whether the identity provider had the passkey until this call. `false` for a repeated call.
    existed: bool,
    /// Keyferry's id of the shipment whose record names the passkey, and whose history contains the revocation.
    #[schema(format = "uuid", example = "019a0000-0000-7000-8000-000000000001")]
    id: Option<String>,
}

impl From<Revoked> for RevokedBody {
    fn from(revoked: Revoked) -> Self {
        Self { existed: revoked.existed, id: revoked.shipment.map(|id| id.to_string()) }
    }
}

/// Consequence of a failure whose effect is unknown.
const REPEAT: &str = "Repeat the request to be sure that the passkey is revoked.";

impl From<RevokeError> for Problem {
    fn from(error: RevokeError) -> Self {
        let words = error.to_string();
        match error {
            RevokeError::NoSuchUser(failure) => Self::of_failure(StatusCode::NOT_FOUND, &failure, words),
            RevokeError::UserChanged | RevokeError::NotSupported(_) => {
                Self::api(StatusCode::CONFLICT, ErrorType::Conflict, words)
            }
            RevokeError::Upstream(failure) => match failure.class() {
                FailureClass::Throttled => Self::throttled(&failure, "The passkey was not revoked."),
                FailureClass::Rejected => Self::of_failure(StatusCode::BAD_REQUEST, &failure, message_of(&failure)),
                _ => Self::of_failure(StatusCode::BAD_GATEWAY, &failure, format!("{} {REPEAT}", message_of(&failure))),
            },
            RevokeError::Busy(_) => Self::api(StatusCode::CONFLICT, ErrorType::Busy, words),
            RevokeError::Store(error) => Self::from(error),
        }
    }
}
