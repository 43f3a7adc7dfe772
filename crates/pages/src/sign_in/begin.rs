//! `GET …/sign-in`: sends the browser to the identity provider.

use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Redirect};
use keyferry_access::{Attempt, Prompt};
use serde::Deserialize;
use url::form_urlencoded::byte_serialize;

use super::problem::SignInProblem;
use super::{Begun, platform};
use crate::cookies::Cookie;
use crate::return_to::ReturnTo;
use crate::site::Site;

/// End of the cookie of an attempt in which the user must authenticate again.
pub(super) const AGAIN: &str = ".again";

/// Parameters of the address.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct BeginParameters {
    /// Page to go to afterwards.
    return_to: String,
    /// `account`: the user chooses an account although one is signed in. `login`: the user authenticates again.
    prompt: String,
    /// Not empty if the browser comes back from the platform in front.
    back: String,
}

/// Begins an attempt. Its secret is in a cookie of this browser, together with the page to return to.
///
/// # Errors
/// [`SignInProblem`] if nobody can sign in now.
pub async fn begin(site: &Site, parameters: &BeginParameters, headers: &HeaderMap) -> Result<Begun, SignInProblem> {
    let return_to = ReturnTo::of(site.area, &parameters.return_to);
    if let Some(platform) = &site.platform {
        let is_back = !parameters.back.is_empty();
        let wanted = platform::Wanted { return_to, prompt: &parameters.prompt, is_back };
        return platform::begin(site, platform, wanted, headers).await;
    }
    let (Some(attempt), Some(callback)) = (Attempt::begin(), site.callback()) else {
        return Err(SignInProblem::Unavailable);
    };
    if let Some(start) = site.public_url.elsewhere(site.area, headers) {
        // The browser must be where it returns to, because cookies belong to a host.
        let query: String = byte_serialize(return_to.as_str().as_bytes()).collect();
        return Ok(Begun::Elsewhere(Redirect::to(&format!("{start}/sign-in?return_to={query}")).into_response()));
    }
    let prompt = match parameters.prompt.as_str() {
        "account" => Some(Prompt::SelectAccount),
        "login" => Some(Prompt::Login),
        _ => None,
    };
    let to = site.sign_in.begin(&attempt, &callback, prompt);
    let again = if prompt == Some(Prompt::Login) { AGAIN } else { "" };
    let cookie = format!("{}.{}{again}", attempt.expose(), return_to.encode());
    let cookie = Cookie::SignIn.set(&cookie, &site.public_url);
    Ok(Begun::Elsewhere(([(header::SET_COOKIE, cookie)], Redirect::to(to.as_str())).into_response()))
}
