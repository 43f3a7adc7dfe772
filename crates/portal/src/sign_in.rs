//! Sign-in and sign-out.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use keyferry_pages::{BeginParameters, Begun, CallbackParameters, Cookie, SignedIn};
use serde::Deserialize;

use crate::frame::Frame;
use crate::notice::{Notice, continued};
use crate::state::PortalState;
use crate::visitor::Posted;

#[derive(Deserialize)]
pub(crate) struct SignOut {}

/// `GET /me/sign-in`: sends the browser to the identity provider.
pub(crate) async fn begin(
    State(state): State<PortalState>,
    parameters: Result<Query<BeginParameters>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, Notice> {
    let Query(parameters) = parameters.unwrap_or_default();
    let frame = || Frame::signed_out(&headers);
    match keyferry_pages::begin(&state.site, &parameters, &headers).await {
        Ok(Begun::Elsewhere(response)) => Ok(response),
        Ok(Begun::SignedIn(user)) => Ok(signed_in(&state, frame(), &user)),
        Err(problem) => Err(Notice::of_sign_in(frame(), &problem)),
    }
}

/// `GET /me/callback`: the browser returns from the identity provider.
pub(crate) async fn callback(
    State(state): State<PortalState>,
    parameters: Result<Query<CallbackParameters>, QueryRejection>,
    headers: HeaderMap,
) -> Response {
    let Query(parameters) = parameters.unwrap_or_default();
    let frame = Frame::signed_out(&headers);
    let mut response = match keyferry_pages::complete(&state.site, &parameters, &headers).await {
        Ok(user) => signed_in(&state, frame, &user),
        Err(problem) => Notice::of_sign_in(frame, &problem).into_response(),
    };
    // An attempt is used once, whatever its result is.
    response.headers_mut().append(header::SET_COOKIE, Cookie::SignIn.remove(&state.site.public_url));
    response
}

fn signed_in(state: &PortalState, frame: Frame, user: &SignedIn) -> Response {
    tracing::info!(user = user.who, "user signed in to the pages for people");
    let mut response = continued(frame, &user.to);
    let cookie = Cookie::Session.set(&user.session.expose(), &state.site.public_url);
    response.headers_mut().append(header::SET_COOKIE, cookie);
    response
}

/// `POST /me/sign-out`: ends the session.
pub(crate) async fn sign_out(
    State(state): State<PortalState>,
    Posted(visitor, SignOut {}): Posted<SignOut>,
) -> Result<Response, Notice> {
    state.site.sessions.end(&visitor.visit.session).await.map_err(|error| {
        tracing::error!(%error, "could not end a session");
        Notice::unavailable(visitor.frame())
    })?;
    let cookie = Cookie::Session.remove(&state.site.public_url);
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to("/me/signed-out")).into_response())
}

/// `GET /me/signed-out`. Does not lead to the identity provider by itself: a sign-out there affects other applications.
pub(crate) async fn signed_out(State(state): State<PortalState>, headers: HeaderMap) -> Notice {
    let frame = Frame::signed_out(&headers);
    let m = frame.m;
    let provider = state.site.sign_out_of_provider();
    Notice::new(frame, StatusCode::OK, &m.signed_out).with(provider, m.sign_out_of_provider)
}
