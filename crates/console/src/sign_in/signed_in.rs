//! The page after a sign-in.

use axum::http::header;
use axum::response::Response;
use keyferry_pages::{Cookie, SignedIn};

use crate::frame::Frame;
use crate::problem::continued;
use crate::state::ConsoleState;

/// Returns the page that leads on, with the cookie of the new session.
pub(super) fn signed_in(state: &ConsoleState, frame: Frame, user: &SignedIn) -> Response {
    tracing::info!(user = user.who, "operator signed in to the console");
    let mut response = continued(frame, &user.to);
    let cookie = Cookie::Session.set(&user.session.expose(), &state.site.public_url);
    response.headers_mut().append(header::SET_COOKIE, cookie);
    response
}
