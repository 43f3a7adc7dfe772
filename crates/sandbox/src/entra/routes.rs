//! Routes of the token service: paths that start with a tenant, and the identity endpoint.

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};

use super::state::Entra;
use super::{discovery, identity, token, users};

/// Returns the routes for tokens, metadata and keys.
pub(crate) fn router(entra: &Arc<Entra>) -> Router {
    let guard = &entra.guard;
    Router::new()
        .route("/{tenant}/oauth2/v2.0/token", guard.named("token", post(token::issue)))
        .route("/{tenant}/oauth2/v2.0/devicecode", guard.named("devicecode", post(users::begin)))
        .route("/{tenant}/oauth2/v2.0/authorize", guard.named("authorize", get(users::authorize)))
        .route("/{tenant}/oauth2/v2.0/logout", guard.named("logout", get(users::logout)))
        .route("/device", guard.named("login_page", get(users::deviceauth).post(users::entered)))
        .route("/login", guard.named("login_page", post(users::submit)))
        .route("/msi/token", guard.named("identity", get(identity::token)))
        .route(
            "/{tenant}/v2.0/.well-known/openid-configuration",
            guard.named("openid_configuration", get(discovery::v2)),
        )
        .route("/{tenant}/.well-known/openid-configuration", guard.named("openid_configuration", get(discovery::v1)))
        .route("/{tenant}/discovery/v2.0/keys", guard.named("jwks_login", get(discovery::keys)))
        .route("/{tenant}/discovery/keys", guard.named("jwks_login", get(discovery::keys)))
        .with_state(Arc::clone(entra))
}
