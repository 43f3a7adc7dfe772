//! The caller, for handlers.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use keyferry_domain::CallerId;

use crate::kit::problem::Problem;

/// The calling application, once it is known and allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Caller(pub(crate) CallerId);

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        // A route that forgot the authentication layer answers nobody.
        parts.extensions.get::<Self>().cloned().ok_or_else(|| {
            tracing::error!(path = parts.uri.path(), "a route asks for the caller but is not behind authentication");
            Problem::internal()
        })
    }
}
