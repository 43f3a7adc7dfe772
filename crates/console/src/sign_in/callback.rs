//! `GET /console/callback`: the browser returns from the identity provider.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse as _, Response};
use keyferry_pages::{CallbackParameters, Cookie};

use super::signed_in::signed_in;
use crate::frame::Frame;
use crate::messages::Language;
use crate::problem::Problem;
use crate::state::ConsoleState;

/// Completes the attempt of this browser, and begins a session with a new id.
pub(crate) async fn callback(
    State(state): State<ConsoleState>,
    parameters: Result<Query<CallbackParameters>, QueryRejection>,
    headers: HeaderMap,
) -> Response {
    let Query(parameters) = parameters.unwrap_or_default();
    let frame = Frame::signed_out(Language::preferred(&headers));
    let mut response = match keyferry_pages::complete(&state.site, &parameters, &headers).await {
        Ok(user) => signed_in(&state, frame, &user),
        Err(problem) => Problem::of_sign_in(frame, &problem).into_response(),
    };
    // An attempt is used once, whatever its result is.
    response.headers_mut().append(header::SET_COOKIE, Cookie::SignIn.remove(&state.site.public_url));
    response
}
