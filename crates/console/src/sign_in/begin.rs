//! `GET /console/sign-in`: sends the browser to the identity provider.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use keyferry_pages::{BeginParameters, Begun};

use super::signed_in::signed_in;
use crate::frame::Frame;
use crate::messages::Language;
use crate::problem::Problem;
use crate::state::ConsoleState;

pub(crate) async fn begin(
    State(state): State<ConsoleState>,
    parameters: Result<Query<BeginParameters>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let Query(parameters) = parameters.unwrap_or_default();
    let frame = || Frame::signed_out(Language::preferred(&headers));
    match keyferry_pages::begin(&state.site, &parameters, &headers).await {
        Ok(Begun::Elsewhere(response)) => Ok(response),
        Ok(Begun::SignedIn(user)) => Ok(signed_in(&state, frame(), &user)),
        Err(problem) => Err(Problem::of_sign_in(frame(), &problem)),
    }
}
