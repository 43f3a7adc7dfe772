//! Reading a body, bounded in size and time.

use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::http::{HeaderMap, header};

use crate::kit::problem::Problem;

/// The largest body, in bytes.
const LARGEST: usize = 64 * 1024;

/// How long a body may take to arrive.
const PATIENCE: Duration = Duration::from_secs(30);

/// The whole body.
pub(crate) async fn read(headers: &HeaderMap, body: Body) -> Result<Bytes, Problem> {
    check_media_type(headers)?;
    match tokio::time::timeout(PATIENCE, to_bytes(body, LARGEST)).await {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(_)) => {
            let message = format!("expected a body of at most {LARGEST} bytes, but more came or the connection broke");
            Err(Problem::validation(message))
        }
        Err(_) => {
            let message = format!("expected the whole body within {} s", PATIENCE.as_secs());
            Err(Problem::validation(message))
        }
    }
}

/// `application/json` (RFC 8259 section 11), or nothing said.
fn check_media_type(headers: &HeaderMap) -> Result<(), Problem> {
    let Some(value) = headers.get(header::CONTENT_TYPE) else { return Ok(()) };
    let text = value.to_str().unwrap_or_default();
    let essence = text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json")) {
        return Ok(());
    }
    let message = format!("expected Content-Type application/json, but got {:?}", keyferry_http::clean(text));
    Err(Problem::validation(message))
}
