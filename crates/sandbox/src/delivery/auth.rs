//! Authentication of callers by the organization's API token.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;

use super::refusal::Refusal;
use super::state::Delivery;

/// Extractor: succeeds if the request has the API token.
#[derive(Debug)]
pub(super) struct Authorized;

impl FromRequestParts<Arc<Delivery>> for Authorized {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, delivery: &Arc<Delivery>) -> Result<Self, Refusal> {
        let given = parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let token =
            given.and_then(|value| value.split_once(' ')).filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
        match token {
            Some((_, token)) if token == delivery.settings.lock().delivery_token => Ok(Self),
            _ => Err(Refusal::unauthorized()),
        }
    }
}
