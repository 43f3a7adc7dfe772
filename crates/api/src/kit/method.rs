//! HEAD requests for operations that act on GET.

use axum::http::{HeaderValue, Method, StatusCode, header};

use super::problem::{ErrorType, Problem};

/// Rejects HEAD with 405 and an `Allow` header.
///
/// axum routes HEAD to the handler of GET, and monitoring sends HEAD requests. A HEAD request must not start anything.
pub(crate) fn reject_head(method: &Method) -> Result<(), Problem> {
    if *method != Method::HEAD {
        return Ok(());
    }
    let message = "The method HEAD is not supported for this path. See the Allow header.";
    Err(Problem::api(StatusCode::METHOD_NOT_ALLOWED, ErrorType::MethodNotAllowed, message)
        .with_header(header::ALLOW, HeaderValue::from_static("GET,POST")))
}
