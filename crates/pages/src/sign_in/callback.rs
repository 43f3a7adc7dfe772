//! `GET …/callback`: the browser returns from the identity provider.

use axum::http::HeaderMap;
use keyferry_access::{Attempt, SignInError};
use keyferry_domain::Failure;
use serde::Deserialize;

use super::SignedIn;
use super::begin::AGAIN;
use super::problem::SignInProblem;
use super::session::begin_session;
use crate::cookies::Cookie;
use crate::return_to::ReturnTo;
use crate::site::Site;

/// Parameters of the address.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct CallbackParameters {
    code: String,
    state: String,
    error: String,
}

/// Completes the attempt of this browser, and begins a session with a new id. The attempt is used then, whatever its
/// result is: the response must remove its cookie.
///
/// # Errors
/// [`SignInProblem`] if the user is not signed in.
pub async fn complete(
    site: &Site,
    parameters: &CallbackParameters,
    headers: &HeaderMap,
) -> Result<SignedIn, SignInProblem> {
    let cookie = Cookie::SignIn.of(headers, &site.public_url);
    let (cookie, again) = match cookie.and_then(|cookie| cookie.strip_suffix(AGAIN)) {
        Some(rest) => (Some(rest), true),
        None => (cookie, false),
    };
    let cookie = cookie.filter(|_| site.platform.is_none());
    let cookie = cookie.and_then(|cookie| cookie.split_once('.'));
    let attempt = cookie.and_then(|(secret, to)| Some((Attempt::parse(secret)?, ReturnTo::decode(site.area, to))));
    let (attempt, to) = attempt.ok_or_else(|| {
        tracing::info!("a browser returned from the identity provider without an attempt to sign in");
        SignInProblem::State
    })?;
    // Before anything else is believed, an error included.
    site.sign_in.check_state(&attempt, &parameters.state).map_err(|_| {
        tracing::info!("a browser returned from the identity provider with the state of another attempt to sign in");
        SignInProblem::State
    })?;
    if !parameters.error.is_empty() {
        tracing::info!(code = keyferry_http::clean(&parameters.error), "identity provider did not sign a user in");
        return Err(SignInProblem::Declined);
    }
    let callback = site.callback().ok_or(SignInProblem::Unavailable)?;
    let user = site.sign_in.complete(&attempt, &parameters.state, &parameters.code, &callback).await;
    let user = user.map_err(|error| {
        log(&error);
        SignInProblem::Failed
    })?;
    begin_session(site, headers, user, again, to).await
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
