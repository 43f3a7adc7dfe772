//! Authentication of callers by the organization's API token.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::response::{IntoResponse as _, Response};

use super::refusal::Refusal;
use super::state::Delivery;
use crate::ground::fault_answers::throttled;

/// Extractor: succeeds if the request has the API token, and the organization is within its rate limit.
#[derive(Debug)]
pub(super) struct Authorized;

impl FromRequestParts<Arc<Delivery>> for Authorized {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, delivery: &Arc<Delivery>) -> Result<Self, Response> {
        let given = parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let token =
            given.and_then(|value| value.split_once(' ')).filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
        let (expected, rate) = {
            let settings = delivery.settings.lock();
            (settings.delivery_token.clone(), settings.delivery_rate)
        };
        if token.is_none_or(|(_, token)| token != expected) {
            return Err(Refusal::unauthorized().into_response());
        }
        let admitted = delivery.throttle.admit((), rate, delivery.clock.tokens());
        admitted.map(|()| Self).map_err(|retry_after| throttled("delivery.", Some(retry_after)))
    }
}
