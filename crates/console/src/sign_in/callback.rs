//! `GET /console/callback`: the browser returns from the identity provider.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, header};
use axum::response::Response;
use keyferry_access::{Attempt, SessionId, SignInError};
use keyferry_domain::Failure;
use serde::Deserialize;

use super::begin::AGAIN;
use super::session::begin_session;
use crate::cookies::Cookie;
use crate::frame::Frame;
use crate::messages::Language;
use crate::problem::{Problem, continued};
use crate::return_to::ReturnTo;
use crate::state::ConsoleState;

#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Parameters {
    code: String,
    state: String,
    error: String,
}

/// Completes the attempt of this browser, and begins a session with a new id.
pub(crate) async fn callback(
    State(state): State<ConsoleState>,
    parameters: Result<Query<Parameters>, QueryRejection>,
    headers: HeaderMap,
) -> Response {
    use axum::response::IntoResponse as _;
    let Query(parameters) = parameters.unwrap_or_default();
    let mut response = match complete(&state, &parameters, &headers).await {
        Ok((session, to)) => {
            let mut response = continued(Frame::signed_out(Language::preferred(&headers)), &to);
            let cookie = Cookie::Session.set(&session.expose(), &state.public_url);
            response.headers_mut().append(header::SET_COOKIE, cookie);
            response
        }
        Err(problem) => problem.into_response(),
    };
    // An attempt is used once, whatever its result is.
    response.headers_mut().append(header::SET_COOKIE, Cookie::SignIn.remove(&state.public_url));
    response
}

async fn complete(
    state: &ConsoleState,
    parameters: &Parameters,
    headers: &HeaderMap,
) -> Result<(SessionId, ReturnTo), Problem> {
    let frame = || Frame::signed_out(Language::preferred(headers));
    let cookie = Cookie::SignIn.of(headers, &state.public_url);
    let (cookie, again) = match cookie.and_then(|cookie| cookie.strip_suffix(AGAIN)) {
        Some(rest) => (Some(rest), true),
        None => (cookie, false),
    };
    let cookie = cookie.filter(|_| state.platform.is_none());
    let cookie = cookie.and_then(|cookie| cookie.split_once('.'));
    let (attempt, to) =
        cookie.and_then(|(secret, to)| Some((Attempt::parse(secret)?, ReturnTo::decode(to)))).ok_or_else(|| {
            tracing::info!("a browser returned from the identity provider without an attempt to sign in");
            Problem::sign_in_state(frame())
        })?;
    // Before anything else is believed, an error included.
    state.sign_in.check_state(&attempt, &parameters.state).map_err(|_| {
        tracing::info!("a browser returned from the identity provider with the state of another attempt to sign in");
        Problem::sign_in_state(frame())
    })?;
    if !parameters.error.is_empty() {
        tracing::info!(code = keyferry_http::clean(&parameters.error), "identity provider did not sign a user in");
        return Err(Problem::sign_in_declined(frame()));
    }
    let callback = state.public_url.callback().ok_or_else(|| Problem::unavailable(frame()))?;
    let user = state.sign_in.complete(&attempt, &parameters.state, &parameters.code, &callback).await;
    let user = user.map_err(|error| {
        log(&error);
        Problem::sign_in_failed(frame())
    })?;
    let session = begin_session(state, headers, user, again).await?;
    Ok((session, to))
}

fn log(error: &SignInError) {
    let correlation = match error {
        SignInError::Code(Failure { correlation, .. }) => correlation.as_deref(),
        _ => None,
    };
    tracing::warn!(
        %error,
        client_request_id = correlation,
        remedy = "Check KEYFERRY_PUBLIC_URL, KEYFERRY_CONSOLE_CLIENT_ID and the redirect URI of the app registration.",
        "could not complete a sign-in to the console"
    );
}
