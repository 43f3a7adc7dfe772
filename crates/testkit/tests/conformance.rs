//! Conformance tests of the store in memory, on which tests of other crates rely.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use keyferry_conformance::{Batches, Idempotency, Leases, SavedViews, Sessions, Shipments, Webhooks};
use keyferry_domain::{
    BatchId, BatchStore, Clock, IdempotencyStore, LeaseStore, SavedViewStore, SessionStore, ShipmentId, ShipmentStore,
    Timestamp, WebhookStore,
};
use keyferry_testkit::{MemoryBatches, MemorySessions, MemoryStore, MemoryViews, MemoryWebhooks};

struct FixedClock;

#[async_trait]
impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_timestamp(1_790_000_100, 0).unwrap()
    }

    async fn sleep(&self, _: Duration) {}
}

struct Memory(Arc<MemoryStore>);

fn empty() -> Option<Memory> {
    Some(Memory(Arc::new(MemoryStore::new(Arc::new(FixedClock)))))
}

#[async_trait]
impl Shipments for Memory {
    async fn shipments(&self) -> Arc<dyn ShipmentStore> {
        self.0.clone()
    }

    async fn set_state_by_hand(&self, id: ShipmentId, state: &str) {
        assert_eq!(state, "complete");
        self.0.records.lock().unwrap().set_complete_by_hand(id);
    }

    async fn damage(&self, id: ShipmentId) {
        self.0.records.lock().unwrap().damage(id, true);
    }
}

#[async_trait]
impl Idempotency for Memory {
    async fn idempotency(&self) -> Arc<dyn IdempotencyStore> {
        self.0.clone()
    }
}

#[async_trait]
impl Leases for Memory {
    async fn leases(&self) -> Arc<dyn LeaseStore> {
        self.0.clone()
    }
}

struct BatchesInMemory(Arc<MemoryBatches>);

#[async_trait]
impl Batches for BatchesInMemory {
    async fn batches(&self) -> Arc<dyn BatchStore> {
        self.0.clone()
    }

    async fn damage_order(&self, batch: BatchId, row: u32) {
        self.0.damage(batch, row);
    }
}

keyferry_conformance::conformance!(empty(); shipments, idempotency, leases);
keyferry_conformance::conformance!(Some(BatchesInMemory(Arc::default())); batches);

struct WebhooksInMemory(Arc<MemoryWebhooks>);

#[async_trait]
impl Webhooks for WebhooksInMemory {
    async fn webhooks(&self) -> Arc<dyn WebhookStore> {
        self.0.clone()
    }
}

keyferry_conformance::conformance!(Some(WebhooksInMemory(Arc::default())); webhooks);

struct SessionsInMemory(Arc<MemorySessions>);

#[async_trait]
impl Sessions for SessionsInMemory {
    async fn sessions(&self) -> Arc<dyn SessionStore> {
        self.0.clone()
    }
}

keyferry_conformance::conformance!(Some(SessionsInMemory(Arc::default())); sessions);

struct ViewsInMemory(Arc<MemoryViews>);

#[async_trait]
impl SavedViews for ViewsInMemory {
    async fn saved_views(&self) -> Arc<dyn SavedViewStore> {
        self.0.clone()
    }
}

keyferry_conformance::conformance!(Some(ViewsInMemory(Arc::default())); views);
