//! HEAD requests for operations that act on GET.

use axum::http::{HeaderValue, Method, StatusCode, header};

use super::problem::Problem;

/// Rejects HEAD with 405 and an `Allow` header.
///
/// A router hands HEAD to the handler of GET, and monitors send it: it must not start anything.
pub(crate) fn reject_head(method: &Method) -> Result<(), Problem> {
    if *method != Method::HEAD {
        return Ok(());
    }
    let message = "the method HEAD is not for this path; see the Allow header";
    Err(Problem::api(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", message)
        .with_header(header::ALLOW, HeaderValue::from_static("GET,POST")))
}
