//! Routes of the mailbox's pages and of the Logic App.

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};

use super::state::Mailbox;
use super::{logic_app, page};

/// Returns all routes.
pub(crate) fn router(mailbox: &Arc<Mailbox>) -> Router {
    let guard = &mailbox.guard;
    Router::new()
        .route("/mailbox", get(page::page))
        .route("/mailbox/{id}", get(page::one))
        .route("/mailbox/messages", get(page::messages).delete(page::clear))
        .route("/workflows/{id}/triggers/manual/paths/invoke", guard.named("logic_app", post(logic_app::invoke)))
        .with_state(Arc::clone(mailbox))
}
