//! Who may call: whoever has the organization's API token.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;

use super::refusal::Refusal;
use crate::world::World;

/// The caller has the token.
#[derive(Debug)]
pub(super) struct Authorized;

impl FromRequestParts<Arc<World>> for Authorized {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, world: &Arc<World>) -> Result<Self, Refusal> {
        let given = parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let token =
            given.and_then(|value| value.split_once(' ')).filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
        match token {
            Some((_, token)) if token == world.settings().delivery_token => Ok(Self),
            _ => Err(Refusal::unauthorized()),
        }
    }
}
