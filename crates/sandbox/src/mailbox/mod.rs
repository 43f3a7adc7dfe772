//! The mailbox, and what delivers into it.

mod logic_app;
mod page;
mod smtp;
mod store;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};
use chrono::{DateTime, Utc};

use self::store::{Message, Store};
use crate::ground::clock::rfc3339;
use crate::ground::guard::Guard;
use crate::world::World;

pub(crate) use self::smtp::serve;
pub(crate) use self::store::{Incoming, Via};

/// Address that mails to people come from, and account of the SMTP ports.
pub(crate) const SENDER: &str = "keys@contoso.onmicrosoft.com";
/// Password of the account.
pub(crate) const SMTP_PASSWORD: &str = "sandbox-smtp-password";
/// `sig` of the Logic App's address.
pub(crate) const LOGIC_APP_SIGNATURE: &str = "sandbox-logic-app-signature";

/// The mailbox.
#[derive(Debug, Default)]
pub(crate) struct State {
    store: Store,
}

impl State {
    /// Throws all mails away.
    pub(crate) fn reset(&self) {
        self.store.clear();
    }

    /// Puts a mail into the mailbox. `at` is the time of parcels.
    pub(crate) fn deliver(&self, at: DateTime<Utc>, mail: Incoming) {
        self.store.put(rfc3339(at), mail);
    }

    /// One mail.
    fn message(&self, id: u64) -> Option<Message> {
        self.store.one(id)
    }

    /// All mails, oldest first.
    fn messages(&self) -> Vec<Message> {
        self.store.all()
    }
}

/// The mailbox and the Logic App's address.
pub(crate) fn router(guard: &Arc<Guard>) -> Router<Arc<World>> {
    Router::new()
        .route("/mailbox", get(page::page))
        .route("/mailbox/{id}", get(page::one))
        .route("/mailbox/messages", get(page::messages).delete(page::clear))
        .route("/workflows/{id}/triggers/manual/paths/invoke", guard.named("logic_app", post(logic_app::invoke)))
}
