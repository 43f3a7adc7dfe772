//! All store ports in memory. The store can be switched off.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use keyferry_domain::ports::{
    Claim, ClaimChange, Counts, Cursor, EventCursor, IdempotencyRecord, JournalContent, JournalEntry, Page,
    RecordedEvent, Reservation, SecretName, ShipmentFilter, ShipmentSort, StoreError, Stored, Summary, Version,
};
use keyferry_domain::{
    Change, Clock, DeliveryId, Event, IdempotencyStore, Journal, LeaseStore, SecretBytes, SecretStore, ShipmentId,
    ShipmentStore, Timestamp,
};

use crate::keys::{Keys, Leases};
use crate::records::Records;

/// All store ports in memory.
#[expect(missing_docs, reason = "the types of the fields are documented")]
pub struct MemoryStore {
    clock: Arc<dyn Clock>,
    pub records: Mutex<Records>,
    pub secrets: Mutex<BTreeMap<String, Vec<u8>>>,
    pub keys: Mutex<Keys>,
    pub leases: Mutex<Leases>,
    pub journal: Mutex<Vec<JournalEntry>>,
    /// Whether every call fails with [`StoreError::Unavailable`].
    pub down: AtomicBool,
    /// Whether every change of a record fails with [`StoreError::Conflict`].
    pub read_only: AtomicBool,
}

impl MemoryStore {
    /// Creates an empty store.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            records: Mutex::default(),
            secrets: Mutex::default(),
            keys: Mutex::default(),
            leases: Mutex::default(),
            journal: Mutex::default(),
            down: AtomicBool::default(),
            read_only: AtomicBool::default(),
        }
    }

    fn check(&self) -> Result<(), StoreError> {
        if self.down.load(Ordering::SeqCst) { Err(StoreError::Unavailable("the disk is full".into())) } else { Ok(()) }
    }

    fn records<T>(&self, work: impl FnOnce(&mut Records) -> Result<T, StoreError>) -> Result<T, StoreError> {
        self.check()?;
        work(&mut self.records.lock().unwrap())
    }

    fn change<T>(
        &self,
        id: ShipmentId,
        work: impl FnOnce(&mut Records) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        if self.read_only.load(Ordering::SeqCst) {
            return Err(StoreError::Conflict(id.to_string()));
        }
        self.records(work)
    }
}

#[async_trait]
impl ShipmentStore for MemoryStore {
    async fn insert(&self, change: &Change) -> Result<Version, StoreError> {
        self.records(|records| records.insert(change, self.clock.now()))
    }

    async fn get(&self, id: ShipmentId) -> Result<Option<Stored>, StoreError> {
        self.records(|records| records.get(id, self.clock.now()))
    }

    async fn find(&self, id: &DeliveryId) -> Result<Option<Stored>, StoreError> {
        self.records(|records| Ok(records.find(id, self.clock.now())))
    }

    async fn commit(&self, change: &Change, expected: &Version) -> Result<Version, StoreError> {
        self.change(change.shipment().id(), |records| records.commit(change, expected, self.clock.now()))
    }

    async fn commit_and_claim(
        &self,
        change: &Change,
        expected: &Version,
        claim: &ClaimChange,
    ) -> Result<Version, StoreError> {
        let now = self.clock.now();
        self.change(change.shipment().id(), |records| records.commit_and_claim(change, expected, claim, now))
    }

    async fn query(
        &self,
        filter: &ShipmentFilter,
        sort: ShipmentSort,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<Summary>, StoreError> {
        self.records(|records| Ok(records.query(filter, sort, after, limit)))
    }

    async fn counts(&self, filter: &ShipmentFilter) -> Result<Counts, StoreError> {
        self.records(|records| Ok(records.counts(filter)))
    }

    async fn append_event(&self, event: &Event) -> Result<(), StoreError> {
        self.records(|records| records.append_event(event))
    }

    async fn events(&self, id: ShipmentId, after: u32, limit: u32) -> Result<Vec<Event>, StoreError> {
        self.records(|records| Ok(records.events(id, after, limit)))
    }

    async fn events_after(&self, cursor: &EventCursor, limit: u32) -> Result<Vec<RecordedEvent>, StoreError> {
        self.records(|records| records.events_after(cursor, limit))
    }

    async fn claim(
        &self,
        id: ShipmentId,
        expected: &Version,
        claim: &Claim,
        now: Timestamp,
    ) -> Result<Version, StoreError> {
        self.change(id, |records| records.claim(id, expected, claim, now))
    }

    async fn release(&self, id: ShipmentId, holder: &str) -> Result<(), StoreError> {
        self.records(|records| {
            records.release(id, holder);
            Ok(())
        })
    }

    async fn delete(&self, id: ShipmentId, expected: &Version) -> Result<(), StoreError> {
        self.change(id, |records| records.delete(id, expected))
    }

    async fn prove_write(&self) -> Result<(), StoreError> {
        self.check()
    }
}

#[async_trait]
impl Journal for MemoryStore {
    async fn append(&self, entry: &JournalEntry) -> Result<(), StoreError> {
        self.check()?;
        self.journal.lock().unwrap().push(entry.clone());
        Ok(())
    }

    async fn read(&self) -> Result<JournalContent, StoreError> {
        self.check()?;
        Ok(JournalContent { entries: self.journal.lock().unwrap().clone(), unreadable: Vec::new() })
    }
}

#[async_trait]
impl SecretStore for MemoryStore {
    async fn put(&self, name: &SecretName, value: &SecretBytes) -> Result<(), StoreError> {
        self.check()?;
        self.secrets.lock().unwrap().insert(name.to_string(), value.expose().to_vec());
        Ok(())
    }

    async fn get(&self, name: &SecretName) -> Result<Option<SecretBytes>, StoreError> {
        self.check()?;
        Ok(self.secrets.lock().unwrap().get(&name.to_string()).cloned().map(SecretBytes::new))
    }

    async fn replace(&self, name: &SecretName, from: &SecretBytes, to: &SecretBytes) -> Result<(), StoreError> {
        self.check()?;
        match self.secrets.lock().unwrap().get_mut(&name.to_string()) {
            Some(value) if value == from.expose() => *value = to.expose().to_vec(),
            _ => return Err(StoreError::Conflict(name.to_string())),
        }
        Ok(())
    }

    async fn purge(&self, name: &SecretName) -> Result<(), StoreError> {
        self.check()?;
        self.secrets.lock().unwrap().remove(&name.to_string());
        Ok(())
    }

    /// Returns all names in one page, with the current time.
    async fn list(&self, _: Option<&Cursor>) -> Result<(Vec<(SecretName, Timestamp)>, Option<Cursor>), StoreError> {
        self.check()?;
        let secrets = self.secrets.lock().unwrap();
        let names = secrets.keys().filter_map(|name| SecretName::parse(name));
        Ok((names.map(|name| (name, self.clock.now())).collect(), None))
    }
}

#[async_trait]
impl IdempotencyStore for MemoryStore {
    async fn reserve(&self, record: &IdempotencyRecord) -> Result<Reservation, StoreError> {
        self.check()?;
        Ok(self.keys.lock().unwrap().reserve(record))
    }

    async fn take_over(&self, from: ShipmentId, to: &IdempotencyRecord) -> Result<bool, StoreError> {
        self.check()?;
        Ok(self.keys.lock().unwrap().take_over(from, to))
    }

    async fn release(&self, shipment: ShipmentId) -> Result<(), StoreError> {
        self.check()?;
        self.keys.lock().unwrap().release(shipment);
        Ok(())
    }

    async fn sweep(&self, before: Timestamp) -> Result<u64, StoreError> {
        self.check()?;
        Ok(self.keys.lock().unwrap().sweep(before))
    }
}

#[async_trait]
impl LeaseStore for MemoryStore {
    async fn take_lease(&self, name: &str, claim: &Claim, now: Timestamp) -> Result<bool, StoreError> {
        self.check()?;
        Ok(self.leases.lock().unwrap().take(name, claim, now))
    }

    async fn release_lease(&self, name: &str, holder: &str) -> Result<(), StoreError> {
        self.check()?;
        self.leases.lock().unwrap().give_back(name, holder);
        Ok(())
    }

    async fn lease(&self, name: &str) -> Result<Option<Claim>, StoreError> {
        self.check()?;
        Ok(self.leases.lock().unwrap().get(name))
    }
}
