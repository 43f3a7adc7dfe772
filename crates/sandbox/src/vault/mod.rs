//! Azure Key Vault: secrets, their versions, and what is deleted and not yet gone. HTTPS only.

mod access;
mod error;
mod routes;
mod shelves;
#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::routing::{delete, get, patch, post, put};

use crate::ground::guard::Guard;
use crate::world::World;

pub(crate) use shelves::{Attributes, Shelves};

/// Resource that tokens for a vault are for.
pub(crate) const AUDIENCE: &str = "https://vault.azure.net";

/// The secrets.
#[derive(Debug)]
pub(crate) struct State(Mutex<Shelves>);

impl State {
    /// A vault with the connector's own two secrets, under the guide's names.
    pub(crate) fn new() -> Self {
        Self(Mutex::new(Shelves::fixed()))
    }

    /// Back to the beginning.
    pub(crate) fn reset(&self) {
        *self.shelves() = Shelves::fixed();
    }

    /// Hold it briefly, and not across an `await`.
    pub(crate) fn shelves(&self) -> MutexGuard<'_, Shelves> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The vault's paths.
pub(crate) fn router(guard: &Arc<Guard>) -> Router<Arc<World>> {
    let read = || guard.named("vault.get", get(routes::latest));
    Router::new()
        .route("/secrets", guard.named("vault.list", get(routes::list)))
        .route(
            "/secrets/{name}",
            read()
                .merge(guard.named("vault.set", put(routes::set)))
                .merge(guard.named("vault.delete", delete(routes::remove))),
        )
        // What a client makes of an empty version.
        .route("/secrets/{name}/", read())
        .route("/secrets/{name}/versions", guard.named("vault.versions", get(routes::versions)))
        .route(
            "/secrets/{name}/{version}",
            guard.named("vault.get", get(routes::version)).merge(guard.named("vault.update", patch(routes::update))),
        )
        .route(
            "/deletedsecrets/{name}",
            guard.named("vault.deleted", get(routes::deleted)).merge(guard.named("vault.purge", delete(routes::purge))),
        )
        .route("/deletedsecrets/{name}/recover", guard.named("vault.recover", post(routes::recover)))
}
