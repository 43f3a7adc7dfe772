use async_trait::async_trait;
use keyferry_domain::Journal;
use keyferry_domain::ports::{JournalContent, JournalEntry, StoreError};

use super::super::flows::FlowHint::Otherwise;
use super::Wrapped;

#[async_trait]
impl Journal for Wrapped<dyn Journal> {
    async fn append(&self, entry: &JournalEntry) -> Result<(), StoreError> {
        self.steps.around(Otherwise("start"), "journal.append", self.inner.append(entry)).await
    }

    async fn read(&self) -> Result<JournalContent, StoreError> {
        self.inner.read().await
    }
}
