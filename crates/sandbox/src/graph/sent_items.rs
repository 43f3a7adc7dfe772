//! Sent items of senders' mailboxes.

use std::sync::{Mutex, PoisonError};

use serde::Serialize;

/// Copy of a mail in the sender's mailbox. A connector must not leave a copy of a mail with a PIN.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct SentItem {
    /// User principal name of the sender.
    pub(crate) sender: String,
    pub(crate) to: Vec<String>,
    pub(crate) subject: String,
}

/// All sent items, oldest first.
#[derive(Debug, Default)]
pub(crate) struct SentItems(Mutex<Vec<SentItem>>);

impl SentItems {
    /// Adds an item.
    pub(super) fn add(&self, item: SentItem) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(item);
    }

    /// Returns all items.
    pub(crate) fn all(&self) -> Vec<SentItem> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Deletes all items.
    pub(super) fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}
