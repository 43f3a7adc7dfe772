//! Sign-in by the platform in front: its user gets a session, so that forms, the time without use, and
//! the age of the sign-in are checked as always.

use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};
use keyferry_access::{AuthError, PlatformSignIn, is_recent};
use url::form_urlencoded::Serializer;

use super::Begun;
use super::problem::SignInProblem;
use super::session::begin_session;
use crate::area::Area;
use crate::return_to::ReturnTo;
use crate::site::Site;

/// Where the platform signs a user in, and out. confirmed: "Customize sign-in and sign-out in Azure App Service
/// authentication".
const LOGIN: &str = "/.auth/login/aad";
const LOGOUT: &str = "/.auth/logout";

/// Returns the address at which the platform signs a user out, and from which it leads back.
pub(crate) fn sign_out(area: &Area) -> String {
    format!("{LOGOUT}?post_logout_redirect_uri={}/signed-out", area.start)
}

/// What a browser wants at the sign-in.
pub(super) struct Wanted<'a> {
    pub(super) return_to: ReturnTo,
    /// `login`: to authenticate again. `account`: to choose an account.
    pub(super) prompt: &'a str,
    /// Whether it comes back from the platform.
    pub(super) is_back: bool,
}

/// Begins a session for the platform's user, or sends the browser to the platform, once.
pub(super) async fn begin(
    site: &Site,
    platform: &PlatformSignIn,
    wanted: Wanted<'_>,
    headers: &HeaderMap,
) -> Result<Begun, SignInProblem> {
    let again = wanted.prompt == "login";
    let user = match platform.user(headers).await {
        Ok(user) => user,
        Err(error @ AuthError::KeysUnavailable { .. }) => {
            tracing::warn!(?error, "could not verify the ID token of the platform");
            return Err(SignInProblem::Unavailable);
        }
        // The platform keeps a token that has expired.
        Err(AuthError::Missing | AuthError::Invalid(_)) if !wanted.is_back => {
            return Ok(Begun::Elsewhere(to_platform(site.area, &wanted)));
        }
        Err(error) => {
            tracing::warn!(
                ?error,
                remedy = "Turn the platform's token store on, and set KEYFERRY_CONSOLE_CLIENT_ID to the app \
                          registration that the platform signs users in to.",
                "the platform passed no ID token of a user that Keyferry accepts"
            );
            return Err(SignInProblem::Failed);
        }
    };
    let is_enough = match wanted.prompt {
        "login" => is_recent(user.authenticated_at, site.clock.now()),
        "account" => false,
        _ => true,
    };
    if !is_enough && !wanted.is_back {
        return Ok(Begun::Elsewhere(to_platform(site.area, &wanted)));
    }
    begin_session(site, headers, user, again, wanted.return_to).await.map(Begun::SignedIn)
}

fn to_platform(area: &Area, wanted: &Wanted<'_>) -> Response {
    let mut back = Serializer::new(String::new());
    back.append_pair("back", "1").append_pair("prompt", wanted.prompt);
    let back = back.append_pair("return_to", wanted.return_to.as_str()).finish();
    let mut to = Serializer::new(String::new());
    to.append_pair("post_login_redirect_uri", &format!("{}/sign-in?{back}", area.start));
    // inferred: the platform passes these on to the identity provider. If it does not, the age of the sign-in shows it.
    match wanted.prompt {
        "login" => drop(to.append_pair("prompt", "login").append_pair("max_age", "0")),
        "account" => drop(to.append_pair("prompt", "select_account")),
        _ => {}
    }
    Redirect::to(&format!("{LOGIN}?{}", to.finish())).into_response()
}
