//! Microsoft Graph, as far as a connector and its operator call it.
//!
//! Where the public record does not tell a message or a code, the sandbox has its own, and says so beside it: a client
//! that branches on more than the status there is wrong.

use std::sync::Arc;
use std::sync::Mutex;

use axum::Router;
use axum::extract::{Path, Request, State as Shared};
use axum::response::Response;
use axum::routing::any;

use crate::world::World;

mod access;
mod audit;
mod call;
mod ceremony;
mod challenge;
mod creation_options;
mod encoding;
mod error;
mod fido2_policy;
mod get_user;
mod method;
mod operation;
mod permissions;
mod register;
mod registrations;
mod route;
mod send_mail;
mod throttle;

pub(crate) use method::Method;
pub(crate) use send_mail::SentItem;

/// What Graph keeps.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) methods: method::Methods,
    pub(crate) audits: audit::Audits,
    pub(crate) sent_items: Mutex<Vec<SentItem>>,
    challenges: challenge::Challenges,
    throttle: throttle::Throttle,
}

impl State {
    /// No methods, no records.
    pub(crate) fn new() -> Self {
        Self {
            methods: method::Methods::default(),
            audits: audit::Audits::default(),
            sent_items: Mutex::default(),
            challenges: challenge::Challenges::new(),
            throttle: throttle::Throttle::default(),
        }
    }

    /// Forgets all but the key that seals challenges.
    pub(crate) fn reset(&self) {
        self.methods.clear();
        self.audits.clear();
        self.sent_items.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clear();
        self.challenges.forget();
        self.throttle.clear();
    }
}

/// Both versions of the API.
pub(crate) fn router() -> Router<Arc<World>> {
    Router::new().route("/v1.0/{*rest}", any(v1)).route("/beta/{*rest}", any(beta))
}

async fn v1(Shared(world): Shared<Arc<World>>, Path(rest): Path<String>, request: Request) -> Response {
    serve(world, operation::Version::V1, &rest, request).await
}

async fn beta(Shared(world): Shared<Arc<World>>, Path(rest): Path<String>, request: Request) -> Response {
    serve(world, operation::Version::Beta, &rest, request).await
}

async fn serve(world: Arc<World>, version: operation::Version, path: &str, request: Request) -> Response {
    let operation = operation::Operation::read(request.method(), path);
    let name = operation.as_ref().map_or("graph.unknown", operation::Operation::endpoint);
    world.guard.run(name, request, |request| route::answer(Arc::clone(&world), version, operation, request)).await
}

#[cfg(test)]
mod tests;
