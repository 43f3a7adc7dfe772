//! Responses to callers who are rejected (RFC 6750 section 3).

use axum::http::{HeaderValue, StatusCode, header};

use super::error::AuthError;
use crate::kit::problem::Problem;

/// Never empty, never with a part of the token: the texts are ours and hold no quotation mark.
fn challenge(parameters: &str) -> HeaderValue {
    HeaderValue::try_from(format!("Bearer realm=\"keyferry\"{parameters}"))
        .unwrap_or(HeaderValue::from_static("Bearer realm=\"keyferry\""))
}

impl From<AuthError> for Problem {
    fn from(error: AuthError) -> Self {
        match error {
            AuthError::Missing => Self::api(
                StatusCode::UNAUTHORIZED,
                "authentication",
                "expected an access token: Authorization: Bearer TOKEN",
            )
            .with_header(header::WWW_AUTHENTICATE, challenge("")),
            AuthError::Invalid(reason) => {
                let parameters = format!(", error=\"invalid_token\", error_description=\"{reason}\"");
                Self::api(StatusCode::UNAUTHORIZED, "authentication", format!("The access token is refused: {reason}."))
                    .with_header(header::WWW_AUTHENTICATE, challenge(&parameters))
            }
            AuthError::Forbidden(reason) => {
                Self::api(StatusCode::FORBIDDEN, "authorization", format!("The caller is not allowed: {reason}."))
            }
            AuthError::Scope(scope) => {
                let parameters = format!(", error=\"insufficient_scope\", scope=\"{scope}\"");
                let message = format!("The caller is not allowed: the token lacks the scope {scope}.");
                Self::api(StatusCode::FORBIDDEN, "authorization", message)
                    .with_header(header::WWW_AUTHENTICATE, challenge(&parameters))
            }
            AuthError::KeysUnavailable { retry_after } => {
                let message =
                    "Access tokens cannot be checked now: the identity provider's signing keys could not be fetched.";
                Self::api(StatusCode::SERVICE_UNAVAILABLE, "unavailable", message).with_retry_after(retry_after)
            }
        }
    }
}
