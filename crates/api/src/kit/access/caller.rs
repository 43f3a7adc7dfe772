//! Extractor of the authorized caller, for handlers.

use std::marker::PhantomData;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use keyferry_access::{Guarded, Principal};

use crate::kit::problem::Problem;
use crate::kit::rejections;

/// Caller that may use the operation `O` (a marker of [`keyferry_access::may`]). The only way for a handler to learn its
/// caller, so that no handler forgets to ask.
pub(crate) struct Allowed<O>(pub(crate) Principal, pub(crate) PhantomData<O>);

impl<S: Sync, O: Guarded> FromRequestParts<S> for Allowed<O> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        // Without the authentication layer, a route must reject all requests.
        let Some(principal) = parts.extensions.get::<Principal>() else {
            tracing::error!(path = parts.uri.path(), "route has no authentication layer");
            return Err(Problem::internal());
        };
        principal.permits(O::OPERATION).map_err(|error| {
            rejections::log(&parts.uri, Some(principal.caller()), &error);
            Problem::from(error)
        })?;
        Ok(Self(principal.clone(), PhantomData))
    }
}
