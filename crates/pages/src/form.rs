//! Forms that a page of the same session contained.

use axum::http::HeaderMap;
use keyferry_access::SessionId;
use url::form_urlencoded;

/// Name of the field with the token in each form.
const CSRF: &str = "csrf";

/// Returns how site and origin of the page that caused the request relate to this service's (`Sec-Fetch-Site`).
pub fn fetch_site(headers: &HeaderMap) -> Option<&str> {
    headers.get("sec-fetch-site").and_then(|value| value.to_str().ok())
}

/// Returns whether another site caused the request.
pub fn is_from_elsewhere(headers: &HeaderMap) -> bool {
    fetch_site(headers).is_some_and(|site| site != "same-origin")
}

/// Returns whether a form contains the token of the session.
pub fn has_token_of(session: &SessionId, form: &str) -> bool {
    let token = form_urlencoded::parse(form.as_bytes()).find(|(name, _)| name == CSRF).map(|(_, value)| value);
    token.is_some_and(|token| session.is_csrf_token(&token))
}
