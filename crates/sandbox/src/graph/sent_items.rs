//! Copies that senders' mailboxes kept.

use std::sync::{Mutex, PoisonError};

use serde::Serialize;

/// A copy that the sender's mailbox kept: what a connector must not leave behind for a PIN.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct SentItem {
    /// User principal name of the sender.
    pub(crate) sender: String,
    pub(crate) to: Vec<String>,
    pub(crate) subject: String,
}

/// All of them, oldest first.
#[derive(Debug, Default)]
pub(crate) struct SentItems(Mutex<Vec<SentItem>>);

impl SentItems {
    /// Keeps one.
    pub(super) fn keep(&self, item: SentItem) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(item);
    }

    /// Returns all.
    pub(crate) fn all(&self) -> Vec<SentItem> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Forgets them.
    pub(super) fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}
