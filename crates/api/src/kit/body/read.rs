//! Reading of request bodies, limited in size and time.

use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::http::{HeaderMap, header};

use crate::kit::problem::Problem;

/// Largest body accepted, in bytes.
const LARGEST: usize = 64 * 1024;

/// Time within which the whole body must arrive.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Reads the whole body.
///
/// # Errors
/// 400 when the media type is not JSON, or the body is too large, incomplete or too slow.
pub(crate) async fn read(headers: &HeaderMap, body: Body) -> Result<Bytes, Problem> {
    read_up_to(LARGEST, headers, body).await
}

/// Reads the whole body of at most `largest` bytes.
///
/// # Errors
/// As [`read`].
pub(crate) async fn read_up_to(largest: usize, headers: &HeaderMap, body: Body) -> Result<Bytes, Problem> {
    check_media_type(headers)?;
    match tokio::time::timeout(TIMEOUT, to_bytes(body, largest)).await {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(_)) => {
            let message =
                format!("The request body is larger than {largest} bytes, or the connection was interrupted.");
            Err(Problem::validation(message))
        }
        Err(_) => {
            let message = format!("The request body did not arrive within {} s.", TIMEOUT.as_secs());
            Err(Problem::validation(message))
        }
    }
}

/// Accepts `application/json` (RFC 8259 section 11), `application/…+json`, or no `Content-Type`.
fn check_media_type(headers: &HeaderMap) -> Result<(), Problem> {
    let Some(value) = headers.get(header::CONTENT_TYPE) else { return Ok(()) };
    let text = value.to_str().unwrap_or_default();
    let essence = text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json")) {
        return Ok(());
    }
    let message = format!("Content-Type must be application/json, but is {:?}.", keyferry_http::clean(text));
    Err(Problem::validation(message))
}
