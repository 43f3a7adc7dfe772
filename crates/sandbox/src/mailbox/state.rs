//! State of the mailbox.

use std::sync::Arc;

use super::store::{Found, Incoming, Message, Search, Store};
use crate::entra::Entra;
use crate::ground::clock::{Clock, rfc3339};
use crate::ground::directory::Directory;
use crate::ground::faults::Faults;
use crate::ground::guard::Guard;
use crate::ground::journal::Journal;
use crate::ground::parts::Ground;
use crate::ground::settings::Settings;
use crate::ground::shared::Shared;
use crate::ground::tls::Tls;

/// State of the mailbox. The Logic App verifies tokens with Entra's keys.
#[derive(Debug)]
pub(crate) struct Mailbox {
    pub(super) guard: Arc<Guard>,
    pub(super) clock: Arc<Clock>,
    pub(super) faults: Arc<Faults>,
    pub(super) journal: Arc<Journal>,
    pub(super) settings: Arc<Shared<Settings>>,
    pub(super) directory: Arc<Shared<Directory>>,
    pub(super) tls: Arc<Tls>,
    pub(super) entra: Arc<Entra>,
    store: Store,
}

impl Mailbox {
    /// Creates an empty mailbox.
    pub(crate) fn new(ground: &Ground, entra: Arc<Entra>) -> Self {
        Self {
            guard: Arc::clone(&ground.guard),
            clock: Arc::clone(&ground.clock),
            faults: Arc::clone(&ground.faults),
            journal: Arc::clone(&ground.journal),
            settings: Arc::clone(&ground.settings),
            directory: Arc::clone(&ground.directory),
            tls: Arc::clone(&ground.tls),
            entra,
            store: Store::default(),
        }
    }

    /// Deletes all mails.
    pub(crate) fn reset(&self) {
        self.store.clear();
    }

    /// Stores a mail with the time of the parcel clock.
    pub(crate) fn deliver(&self, mail: Incoming) {
        self.store.put(rfc3339(self.clock.parcels()), mail);
    }

    /// Returns the mail with this id.
    pub(super) fn message(&self, id: u64) -> Option<Message> {
        self.store.one(id)
    }

    /// Returns one page of the wanted mails, newest first.
    pub(super) fn search(&self, wanted: &Search, page: usize, size: usize) -> Found {
        self.store.search(wanted, page, size)
    }

    /// Returns the first mails with a higher id than `after`, oldest first.
    pub(super) fn messages(&self, wanted: &Search, after: u64, limit: usize) -> Vec<Message> {
        self.store.after(wanted, after, limit)
    }
}
