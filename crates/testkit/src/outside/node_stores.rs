//! Records, secrets, keys, leases and journal, as ports of a node.

use async_trait::async_trait;
use keyferry_domain::ports::{
    Claim, ClaimChange, Counts, Cursor, EventChain, EventCursor, IdempotencyRecord, JournalContent, JournalEntry,
    OpenCounts, Page, RecordedEvent, Reservation, SecretName, ShipmentFilter, ShipmentSort, StoreError, Stored,
    Summary, Version,
};
use keyferry_domain::{
    Change, DeliveryId, Event, IdempotencyStore, Journal, LeaseStore, SecretBytes, SecretStore, ShipmentId,
    ShipmentStore, Timestamp,
};

use super::lock::lock;
use super::meddler::About;
use super::node::Node;
use super::trouble::Call;

#[async_trait]
impl ShipmentStore for Node {
    async fn insert(&self, change: &Change) -> Result<Version, StoreError> {
        self.call_about(Call::Insert, About::Shipment(change.shipment().id()), |outside| {
            lock(&outside.records).insert(change, outside.clock.now())
        })
        .await
    }

    async fn get(&self, id: ShipmentId) -> Result<Option<Stored>, StoreError> {
        self.call_about(Call::Get, About::Shipment(id), |outside| lock(&outside.records).get(id, outside.clock.now()))
            .await
    }

    async fn find(&self, id: &DeliveryId) -> Result<Option<Stored>, StoreError> {
        self.call_about(Call::FindRecord, About::Parcel(id), |outside| {
            Ok(lock(&outside.records).find(id, outside.clock.now()))
        })
        .await
    }

    async fn commit(&self, change: &Change, expected: &Version) -> Result<Version, StoreError> {
        self.call_about(Call::Commit, About::Shipment(change.shipment().id()), |outside| {
            lock(&outside.records).commit(change, expected, outside.clock.now())
        })
        .await
    }

    async fn commit_and_claim(
        &self,
        change: &Change,
        expected: &Version,
        claim: &ClaimChange,
    ) -> Result<Version, StoreError> {
        self.call_about(Call::Commit, About::Shipment(change.shipment().id()), |outside| {
            lock(&outside.records).commit_and_claim(change, expected, claim, outside.clock.now())
        })
        .await
    }

    async fn query(
        &self,
        filter: &ShipmentFilter,
        sort: ShipmentSort,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<Summary>, StoreError> {
        self.call(Call::Query, |outside| Ok(lock(&outside.records).query(filter, sort, after, limit))).await
    }

    async fn counts(&self, filter: &ShipmentFilter) -> Result<Counts, StoreError> {
        self.call(Call::Counts, |outside| Ok(lock(&outside.records).counts(filter))).await
    }

    async fn append_event(&self, event: &Event) -> Result<(), StoreError> {
        let of = About::Shipment(ShipmentId::ORGANISATION);
        self.call_about(Call::Commit, of, |outside| lock(&outside.records).append_event(event)).await
    }

    async fn events(&self, id: ShipmentId, after: u32, limit: u32) -> Result<Vec<Event>, StoreError> {
        self.call_about(
            Call::Events,
            About::Shipment(id),
            |outside| Ok(lock(&outside.records).events(id, after, limit)),
        )
        .await
    }

    async fn events_after(&self, cursor: &EventCursor, limit: u32) -> Result<Vec<RecordedEvent>, StoreError> {
        self.call(Call::EventsAfter, |outside| lock(&outside.records).events_after(cursor, limit)).await
    }

    async fn claim(
        &self,
        id: ShipmentId,
        expected: &Version,
        claim: &Claim,
        now: Timestamp,
    ) -> Result<Version, StoreError> {
        self.call_about(Call::Claim, About::Shipment(id), |outside| {
            lock(&outside.records).claim(id, expected, claim, now)
        })
        .await
    }

    async fn release(&self, id: ShipmentId, holder: &str) -> Result<(), StoreError> {
        self.call_about(Call::Release, About::Shipment(id), |outside| {
            lock(&outside.records).release(id, holder);
            Ok(())
        })
        .await
    }

    async fn delete(&self, id: ShipmentId, expected: &Version) -> Result<(), StoreError> {
        self.call_about(Call::Delete, About::Shipment(id), |outside| lock(&outside.records).delete(id, expected)).await
    }

    async fn prove_write(&self) -> Result<(), StoreError> {
        self.call(Call::ProveWrite, |_| Ok(())).await
    }

    async fn tidy(&self) -> Result<(), StoreError> {
        self.call(Call::Tidy, |_| Ok(())).await
    }

    async fn find_damage(&self) -> Result<Vec<String>, StoreError> {
        self.call(Call::FindDamage, |outside| Ok(lock(&outside.damage).findings.clone())).await
    }

    async fn verify_events(&self) -> Result<Option<EventChain>, StoreError> {
        self.call(Call::VerifyEvents, |outside| Ok(lock(&outside.damage).events.clone())).await
    }

    async fn open_counts(&self) -> Result<Option<OpenCounts>, StoreError> {
        self.call(Call::OpenCounts, |outside| Ok(lock(&outside.damage).open_counts)).await
    }
}

#[async_trait]
impl Journal for Node {
    async fn append(&self, entry: &JournalEntry) -> Result<(), StoreError> {
        self.call(Call::AppendJournal, |outside| {
            lock(&outside.journal).push(entry.clone());
            Ok(())
        })
        .await
    }

    async fn read(&self) -> Result<JournalContent, StoreError> {
        self.call(Call::ReadJournal, |outside| {
            Ok(JournalContent { entries: lock(&outside.journal).clone(), unreadable: Vec::new() })
        })
        .await
    }
}

#[async_trait]
impl SecretStore for Node {
    async fn put(&self, name: &SecretName, value: &SecretBytes) -> Result<(), StoreError> {
        self.call_about(Call::PutSecret, about(name), |outside| {
            lock(&outside.vault).put(name, value, outside.clock.now())
        })
        .await
    }

    async fn get(&self, name: &SecretName) -> Result<Option<SecretBytes>, StoreError> {
        self.call_about(Call::GetSecret, about(name), |outside| lock(&outside.vault).get(name)).await
    }

    async fn replace(&self, name: &SecretName, from: &SecretBytes, to: &SecretBytes) -> Result<(), StoreError> {
        self.call_about(Call::ReplaceSecret, about(name), |outside| lock(&outside.vault).replace(name, from, to)).await
    }

    async fn purge(&self, name: &SecretName) -> Result<(), StoreError> {
        self.call_about(Call::PurgeSecret, about(name), |outside| {
            lock(&outside.vault).purge(name);
            Ok(())
        })
        .await
    }

    async fn list(&self, after: Option<&Cursor>) -> Result<(Vec<(SecretName, Timestamp)>, Option<Cursor>), StoreError> {
        self.call(Call::ListSecrets, |outside| Ok(lock(&outside.vault).list(after))).await
    }
}

#[async_trait]
impl IdempotencyStore for Node {
    async fn reserve(&self, record: &IdempotencyRecord) -> Result<Reservation, StoreError> {
        self.call(Call::Reserve, |outside| Ok(lock(&outside.keys).reserve(record))).await
    }

    async fn take_over(&self, from: ShipmentId, to: &IdempotencyRecord) -> Result<bool, StoreError> {
        self.call(Call::TakeOver, |outside| Ok(lock(&outside.keys).take_over(from, to))).await
    }

    async fn release(&self, shipment: ShipmentId) -> Result<(), StoreError> {
        self.call(Call::ReleaseKey, |outside| {
            lock(&outside.keys).release(shipment);
            Ok(())
        })
        .await
    }

    async fn sweep(&self, before: Timestamp) -> Result<u64, StoreError> {
        self.call(Call::Sweep, |outside| Ok(lock(&outside.keys).sweep(before))).await
    }
}

#[async_trait]
impl LeaseStore for Node {
    async fn take_lease(&self, name: &str, claim: &Claim, now: Timestamp) -> Result<bool, StoreError> {
        self.call(Call::TakeLease, |outside| Ok(lock(&outside.leases).take(name, claim, now))).await
    }

    async fn release_lease(&self, name: &str, holder: &str) -> Result<(), StoreError> {
        self.call(Call::GiveBackLease, |outside| {
            lock(&outside.leases).give_back(name, holder);
            Ok(())
        })
        .await
    }

    /// Only pages read leases, so no fault is applied.
    async fn lease(&self, name: &str) -> Result<Option<Claim>, StoreError> {
        Ok(lock(&self.outside.leases).get(name))
    }
}

fn about(name: &SecretName) -> About<'_> {
    name.shipment().map_or(About::Nothing, About::Shipment)
}
