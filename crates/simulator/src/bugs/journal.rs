//! Journal with a planted bug.

use async_trait::async_trait;
use keyferry_domain::Journal;
use keyferry_domain::ports::{JournalContent, JournalEntry, StoreError};

use super::{Bug, Faulty};

#[async_trait]
impl Journal for Faulty<dyn Journal> {
    async fn append(&self, entry: &JournalEntry) -> Result<(), StoreError> {
        match (self.bug, entry) {
            (Bug::JournalNotWritten, JournalEntry::Accepted(_)) => Ok(()),
            _ => self.inner.append(entry).await,
        }
    }

    async fn read(&self) -> Result<JournalContent, StoreError> {
        match self.is(Bug::JournalNotRead) {
            true => Ok(JournalContent::default()),
            false => self.inner.read().await,
        }
    }
}
