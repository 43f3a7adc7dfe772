//! Error responses that every operation can give, for the document.

use utoipa::IntoResponses;

use super::body::ErrorBody;

/// Errors common to all operations: list it among the `responses` of each.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "only the derived description is used")]
pub(crate) enum CommonErrors {
    /// There is no access token, or it is not good. `WWW-Authenticate` says which.
    #[response(status = 401)]
    Unauthorized(ErrorBody),
    /// The access token is good, and its application may not call.
    #[response(status = 403)]
    Forbidden(ErrorBody),
    /// A defect of the connector, or a record that cannot be read; the log tells more.
    #[response(status = 500)]
    Internal(ErrorBody),
    /// Something that is needed does not answer or throttles. `Retry-After` says when to try again.
    #[response(status = 503)]
    Unavailable(ErrorBody),
}
