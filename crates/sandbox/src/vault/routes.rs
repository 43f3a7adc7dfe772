//! Routes of the vault.

use std::sync::Arc;

use axum::Router;
use axum::routing::{delete, get, patch, post, put};

use super::calls;
use super::state::Vault;

/// Returns all routes.
pub(crate) fn router(vault: &Arc<Vault>) -> Router {
    let guard = &vault.guard;
    let read = || guard.named("vault.get", get(calls::latest));
    Router::new()
        .route("/secrets", guard.named("vault.list", get(calls::list)))
        .route(
            "/secrets/{name}",
            read()
                .merge(guard.named("vault.set", put(calls::set)))
                .merge(guard.named("vault.delete", delete(calls::remove))),
        )
        // Clients send this path for an empty version.
        .route("/secrets/{name}/", read())
        .route("/secrets/{name}/versions", guard.named("vault.versions", get(calls::versions)))
        .route(
            "/secrets/{name}/{version}",
            guard.named("vault.get", get(calls::version)).merge(guard.named("vault.update", patch(calls::update))),
        )
        .route(
            "/deletedsecrets/{name}",
            guard.named("vault.deleted", get(calls::deleted)).merge(guard.named("vault.purge", delete(calls::purge))),
        )
        .route("/deletedsecrets/{name}/recover", guard.named("vault.recover", post(calls::recover)))
        .with_state(Arc::clone(vault))
}
