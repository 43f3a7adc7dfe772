//! Error responses that every operation can return, for the OpenAPI document.

use utoipa::IntoResponses;

use super::schema::ErrorBody;

/// Errors common to all operations. Add this type to the `responses` of each operation.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "only the derived description is used")]
pub(crate) enum CommonErrors {
    /// The access token is missing or invalid. The `WWW-Authenticate` header contains the reason.
    #[response(status = 401)]
    Unauthorized(ErrorBody),
    /// The access token is valid, but its application is not authorized.
    #[response(status = 403)]
    Forbidden(ErrorBody),
    /// The connector failed because of a defect, or could not read a record. Check the connector's log.
    #[response(status = 500)]
    Internal(ErrorBody),
    /// A required service does not answer, or throttles requests. Retry after the time in the `Retry-After` header.
    #[response(status = 503, headers(("Retry-After" = Option<u32>, description = "Seconds to wait before a retry")))]
    Unavailable(ErrorBody),
}
