//! Extractor of the caller, for handlers.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use keyferry_domain::CallerId;

use crate::kit::problem::Problem;

/// Calling application, authenticated and authorized.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Caller(pub(crate) CallerId);

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        // Without the authentication layer, a route must reject all requests.
        parts.extensions.get::<Self>().cloned().ok_or_else(|| {
            tracing::error!(path = parts.uri.path(), "route has no authentication layer");
            Problem::internal()
        })
    }
}
