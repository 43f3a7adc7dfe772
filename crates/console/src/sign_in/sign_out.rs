//! `POST /console/sign-out`, and the page after it.

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use keyferry_pages::Cookie;
use serde::Deserialize;

use crate::frame::{Frame, Place, page};
use crate::messages::Language;
use crate::problem::Problem;
use crate::state::ConsoleState;
use crate::visitor::Posted;

#[derive(Deserialize)]
pub(crate) struct SignOut {}

#[derive(Template)]
#[template(path = "signed_out.html")]
struct SignedOutPage {
    frame: Frame,
    provider: String,
}

/// Ends the session. It is worthless afterwards, also for who has copied the cookie.
pub(crate) async fn sign_out(
    State(state): State<ConsoleState>,
    Posted(visitor, SignOut {}): Posted<SignOut>,
) -> Result<Response, Problem> {
    let ended = state.site.sessions.end(&visitor.visit.session).await;
    ended.map_err(|error| Problem::of_store(visitor.frame(Place::Elsewhere), &error))?;
    tracing::info!(caller = %visitor.principal().caller(), "operator signed out of the console");
    let cookie = Cookie::Session.remove(&state.site.public_url);
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to("/console/signed-out")).into_response())
}

/// Does not lead to the identity provider by itself: a sign-out there affects other applications, too.
pub(crate) async fn signed_out(State(state): State<ConsoleState>, headers: HeaderMap) -> Response {
    let frame = Frame::signed_out(Language::preferred(&headers));
    let provider = state.site.sign_out_of_provider();
    page(StatusCode::OK, &SignedOutPage { frame, provider })
}
