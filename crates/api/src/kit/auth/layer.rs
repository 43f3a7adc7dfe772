//! Authentication layer in front of every `/v1` route. No request body is read before its caller is authenticated.

use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::middleware::Next;
use axum::response::Response;
use keyferry_domain::CallerId;

use super::authentication::Authentication;
use super::caller::Caller;
use super::error::AuthError;
use super::platform;
use crate::kit::problem::Problem;
use crate::kit::rejections;

/// Passes the request on with its [`Caller`], or rejects it with 401, 403 or 503.
pub(crate) async fn authenticate(
    State(authentication): State<Authentication>,
    mut request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let caller = identify(&authentication, request.headers()).await.map_err(|error| {
        rejections::log(request.uri(), &error);
        Problem::from(error)
    })?;
    request.extensions_mut().insert(Caller(caller));
    Ok(next.run(request).await)
}

async fn identify(authentication: &Authentication, headers: &HeaderMap) -> Result<CallerId, AuthError> {
    match authentication {
        Authentication::Tokens(validator) => validator.validate(bearer(headers)?).await,
        Authentication::Platform => platform::caller(headers),
    }
}

/// Returns the token of `Authorization: Bearer` (RFC 6750 section 2.1).
fn bearer(headers: &HeaderMap) -> Result<&str, AuthError> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let value = values.next().ok_or(AuthError::Missing)?;
    if values.next().is_some() {
        return Err(AuthError::Invalid("the request has more than one Authorization header"));
    }
    let (scheme, token) = value
        .to_str()
        .ok()
        .and_then(|text| text.split_once(' '))
        .ok_or(AuthError::Invalid("the Authorization header does not have the form Bearer TOKEN"))?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(AuthError::Missing);
    }
    Ok(token.trim())
}
