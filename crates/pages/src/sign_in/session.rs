//! Begin of a session, however the user signed in.

use axum::http::HeaderMap;
use keyferry_access::{SessionId, SignedInUser, is_recent};

use super::SignedIn;
use super::problem::SignInProblem;
use crate::cookies::Cookie;
use crate::return_to::ReturnTo;
use crate::site::Site;

/// Begins a session with a new id, which replaces the browser's previous one. `again`: the user had to authenticate
/// again.
pub(super) async fn begin_session(
    site: &Site,
    headers: &HeaderMap,
    user: SignedInUser,
    again: bool,
    to: ReturnTo,
) -> Result<SignedIn, SignInProblem> {
    if site.area.needs_role && user.roles.is_empty() {
        tracing::warn!(user = %shown(&user), "user without an app role tried to sign in to the console");
        return Err(SignInProblem::NoRole);
    }
    if again && !is_recent(user.authenticated_at, site.clock.now()) {
        tracing::warn!(
            user = %shown(&user),
            authenticated_at = user.authenticated_at.map(tracing::field::display),
            remedy = "Add the optional claim auth_time to the ID tokens of the app registration (`keyferry setup \
                      entra` does), or correct the clock.",
            "the ID token does not show that the user authenticated again"
        );
        return Err(SignInProblem::NotRecent);
    }
    let who = shown(&user);
    let previous = Cookie::Session.of(headers, &site.public_url).and_then(SessionId::parse);
    let session = site.sessions.begin(user, previous.as_ref()).await.map_err(SignInProblem::Store)?;
    Ok(SignedIn { session, to, who })
}

fn shown(user: &SignedInUser) -> String {
    match &user.user.user_name {
        Some(name) => format!("{name} ({})", user.user.object_id),
        None => user.user.object_id.clone(),
    }
}
