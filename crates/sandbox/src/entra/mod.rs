//! Microsoft Entra ID: tokens for applications, and the metadata to check them by.

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};

use crate::error::Error;
use crate::ground::guard::Guard;
use crate::world::World;

mod assertion;
mod claims;
mod discovery;
mod identity;
mod refusal;
mod signing;
mod token;

pub(crate) use claims::AppClaims;
pub(crate) use identity::IDENTITY_HEADER;
pub(crate) use signing::NotOurs;
pub(crate) use token::{GRAPH_APP_ID, is_graph};

/// The keys that sign tokens.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) keys: signing::SigningKeys,
}

impl State {
    /// One signing key.
    pub(crate) fn new() -> Result<Self, Error> {
        Ok(Self { keys: signing::SigningKeys::new()? })
    }
}

/// Every path that begins with a tenant.
pub(crate) fn router(guard: &Arc<Guard>) -> Router<Arc<World>> {
    Router::new()
        .route("/{tenant}/oauth2/v2.0/token", guard.named("token", post(token::issue)))
        .route("/msi/token", guard.named("identity", get(identity::token)))
        .route(
            "/{tenant}/v2.0/.well-known/openid-configuration",
            guard.named("openid_configuration", get(discovery::v2)),
        )
        .route("/{tenant}/.well-known/openid-configuration", guard.named("openid_configuration", get(discovery::v1)))
        .route("/{tenant}/discovery/v2.0/keys", guard.named("jwks_login", get(discovery::keys)))
        .route("/{tenant}/discovery/keys", guard.named("jwks_login", get(discovery::keys)))
}

#[cfg(test)]
mod assertion_tests;
#[cfg(test)]
mod tests;
