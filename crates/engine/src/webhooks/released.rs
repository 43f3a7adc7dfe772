//! Webhooks whose pause an operator ended.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use keyferry_domain::WebhookId;

/// Webhooks that the worker of this process must not wait for any longer.
#[derive(Default)]
pub(crate) struct Released(Mutex<BTreeSet<WebhookId>>);

impl Released {
    /// Ends the pause of a webhook.
    pub(super) fn add(&self, id: WebhookId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(id);
    }

    /// Returns the webhooks since the last call.
    pub(super) fn take(&self) -> BTreeSet<WebhookId> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
