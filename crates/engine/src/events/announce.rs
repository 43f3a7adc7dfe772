//! Notices commits of this process.

use std::sync::Arc;

use async_trait::async_trait;
use keyferry_domain::ports::{
    Claim, ClaimChange, Counts, Cursor, EventChain, EventCursor, EventFilter, OpenCounts, Page, RecordedEvent,
    ShipmentFilter, ShipmentSort, StoreError, Stored, Summary, Version,
};
use keyferry_domain::{Change, DeliveryId, Event, ShipmentId, ShipmentStore, Timestamp};
use tokio::sync::watch;

/// Commits of events by this process. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Commits(watch::Sender<()>);

impl Default for Commits {
    fn default() -> Self {
        Self(watch::Sender::new(()))
    }
}

impl Commits {
    /// Returns a receiver that notices each commit from now on.
    pub(crate) fn subscribe(&self) -> watch::Receiver<()> {
        self.0.subscribe()
    }

    /// Wakes all receivers.
    pub(crate) fn announce(&self) {
        self.0.send_replace(());
    }
}

/// Store that announces its commits.
pub(crate) struct Announcing {
    pub(crate) store: Arc<dyn ShipmentStore>,
    pub(crate) commits: Commits,
}

impl Announcing {
    fn after<T>(&self, done: Result<T, StoreError>) -> Result<T, StoreError> {
        if done.is_ok() {
            self.commits.announce();
        }
        done
    }
}

#[async_trait]
impl ShipmentStore for Announcing {
    async fn insert(&self, change: &Change) -> Result<Version, StoreError> {
        self.after(self.store.insert(change).await)
    }

    async fn get(&self, id: ShipmentId) -> Result<Option<Stored>, StoreError> {
        self.store.get(id).await
    }

    async fn find(&self, id: &DeliveryId) -> Result<Option<Stored>, StoreError> {
        self.store.find(id).await
    }

    async fn commit(&self, change: &Change, expected: &Version) -> Result<Version, StoreError> {
        self.after(self.store.commit(change, expected).await)
    }

    async fn commit_and_claim(
        &self,
        change: &Change,
        expected: &Version,
        claim: &ClaimChange,
    ) -> Result<Version, StoreError> {
        self.after(self.store.commit_and_claim(change, expected, claim).await)
    }

    async fn query(
        &self,
        filter: &ShipmentFilter,
        sort: ShipmentSort,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<Summary>, StoreError> {
        self.store.query(filter, sort, after, limit).await
    }

    async fn counts(&self, filter: &ShipmentFilter) -> Result<Counts, StoreError> {
        self.store.counts(filter).await
    }

    async fn append_event(&self, event: &Event) -> Result<(), StoreError> {
        self.after(self.store.append_event(event).await)
    }

    async fn events(&self, id: ShipmentId, after: u32, limit: u32) -> Result<Vec<Event>, StoreError> {
        self.store.events(id, after, limit).await
    }

    async fn events_after(&self, cursor: &EventCursor, limit: u32) -> Result<Vec<RecordedEvent>, StoreError> {
        self.store.events_after(cursor, limit).await
    }

    async fn events_before(
        &self,
        before: Option<&Cursor>,
        filter: &EventFilter,
        limit: u32,
    ) -> Result<Page<RecordedEvent>, StoreError> {
        self.store.events_before(before, filter, limit).await
    }

    async fn newest_event(&self) -> Result<EventCursor, StoreError> {
        self.store.newest_event().await
    }

    async fn claim(
        &self,
        id: ShipmentId,
        expected: &Version,
        claim: &Claim,
        now: Timestamp,
    ) -> Result<Version, StoreError> {
        self.store.claim(id, expected, claim, now).await
    }

    async fn release(&self, id: ShipmentId, holder: &str) -> Result<(), StoreError> {
        self.store.release(id, holder).await
    }

    async fn delete(&self, id: ShipmentId, expected: &Version) -> Result<(), StoreError> {
        self.store.delete(id, expected).await
    }

    async fn prove_write(&self) -> Result<(), StoreError> {
        self.store.prove_write().await
    }

    async fn tidy(&self) -> Result<(), StoreError> {
        self.store.tidy().await
    }

    async fn find_damage(&self) -> Result<Vec<String>, StoreError> {
        self.store.find_damage().await
    }

    async fn open_counts(&self) -> Result<Option<OpenCounts>, StoreError> {
        self.store.open_counts().await
    }

    async fn verify_events(&self) -> Result<Option<EventChain>, StoreError> {
        self.store.verify_events().await
    }
}
