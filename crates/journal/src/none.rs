//! No journal.

use async_trait::async_trait;
use keyferry_domain::Journal;
use keyferry_domain::ports::{JournalContent, JournalEntry, StoreError};

/// Journal that keeps nothing, for stores outside of this machine without a configured file.
#[derive(Clone, Copy, Debug)]
pub struct NoJournal;

#[async_trait]
impl Journal for NoJournal {
    async fn append(&self, _: &JournalEntry) -> Result<(), StoreError> {
        Ok(())
    }

    async fn read(&self) -> Result<JournalContent, StoreError> {
        Ok(JournalContent::default())
    }
}
