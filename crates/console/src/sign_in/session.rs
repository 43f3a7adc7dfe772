//! Begin of a session, however the user signed in.

use axum::http::HeaderMap;
use keyferry_access::{Operation, SessionId, SignedInUser, is_recent};

use crate::cookies::Cookie;
use crate::frame::Frame;
use crate::messages::Language;
use crate::problem::Problem;
use crate::state::ConsoleState;

/// Begins a session with a new id, which replaces the browser's previous one. `again`: the user had to authenticate
/// again.
pub(super) async fn begin_session(
    state: &ConsoleState,
    headers: &HeaderMap,
    user: SignedInUser,
    again: bool,
) -> Result<SessionId, Problem> {
    let frame = || Frame::signed_out(Language::preferred(headers));
    if user.roles.is_empty() {
        tracing::warn!(user = %shown(&user), "user without an app role tried to sign in to the console");
        return Err(Problem::forbidden(frame(), Operation::CountShipments.roles()));
    }
    if again && !is_recent(user.authenticated_at, state.clock.now()) {
        tracing::warn!(
            user = %shown(&user),
            authenticated_at = user.authenticated_at.map(tracing::field::display),
            remedy = "Add the optional claim auth_time to the ID tokens of the app registration (`keyferry setup \
                      entra` does), or correct the clock.",
            "the ID token does not show that the user authenticated again"
        );
        return Err(Problem::not_recent(frame()));
    }
    let who = shown(&user);
    let previous = Cookie::Session.of(headers, &state.public_url).and_then(SessionId::parse);
    let session = state.sessions.begin(user, previous.as_ref()).await;
    let session = session.map_err(|error| Problem::of_store(frame(), &error))?;
    tracing::info!(user = who, "operator signed in to the console");
    Ok(session)
}

fn shown(user: &SignedInUser) -> String {
    match &user.user.user_name {
        Some(name) => format!("{name} ({})", user.user.object_id),
        None => user.user.object_id.clone(),
    }
}
