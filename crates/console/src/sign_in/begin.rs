//! `GET /console/sign-in`: sends the browser to the identity provider.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Redirect, Response};
use keyferry_access::{Attempt, Prompt};
use serde::Deserialize;
use url::form_urlencoded::byte_serialize;

use super::platform;
use crate::cookies::Cookie;
use crate::frame::Frame;
use crate::messages::Language;
use crate::problem::Problem;
use crate::return_to::ReturnTo;
use crate::state::ConsoleState;

/// End of the cookie of an attempt in which the user must authenticate again.
pub(super) const AGAIN: &str = ".again";

#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Parameters {
    /// Page to go to afterwards.
    return_to: String,
    /// `account`: the user chooses an account although one is signed in. `login`: the user authenticates again.
    prompt: String,
    /// Not empty if the browser comes back from the platform in front.
    back: String,
}

/// Begins an attempt. Its secret is in a cookie of this browser, together with the page to return to.
pub(crate) async fn begin(
    State(state): State<ConsoleState>,
    parameters: Result<Query<Parameters>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let Query(parameters) = parameters.unwrap_or_default();
    let return_to = ReturnTo::of(&parameters.return_to);
    if let Some(platform) = &state.platform {
        let is_back = !parameters.back.is_empty();
        let wanted = platform::Wanted { return_to, prompt: &parameters.prompt, is_back };
        return platform::begin(&state, platform, wanted, &headers).await;
    }
    let unavailable = || Problem::unavailable(Frame::signed_out(Language::preferred(&headers)));
    let (Some(attempt), Some(callback)) = (Attempt::begin(), state.public_url.callback()) else {
        return Err(unavailable());
    };
    if let Some(console) = state.public_url.elsewhere(&headers) {
        // The browser must be where it returns to, because cookies belong to a host.
        let query: String = byte_serialize(return_to.as_str().as_bytes()).collect();
        return Ok(Redirect::to(&format!("{console}/sign-in?return_to={query}")).into_response());
    }
    let prompt = match parameters.prompt.as_str() {
        "account" => Some(Prompt::SelectAccount),
        "login" => Some(Prompt::Login),
        _ => None,
    };
    let to = state.sign_in.begin(&attempt, &callback, prompt);
    let again = if prompt == Some(Prompt::Login) { AGAIN } else { "" };
    let cookie = format!("{}.{}{again}", attempt.expose(), return_to.encode());
    let cookie = Cookie::SignIn.set(&cookie, &state.public_url);
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to(to.as_str())).into_response())
}
