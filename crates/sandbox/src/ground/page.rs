//! HTML pages. Their scripts and styles are local; the pages load nothing from other hosts.

use axum::http::header;
use axum::response::{IntoResponse, Response};

/// Allows scripts and styles only as files of the sandbox, and no forms. A page with a form or an inline style needs
/// its own policy, as in `mailbox/page.rs`.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Returns an HTML response with the security headers of every page.
pub(crate) fn html(text: impl Into<String>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    (headers, text.into()).into_response()
}
