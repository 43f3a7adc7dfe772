//! Store of shipments with a planted bug.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use keyferry_domain::ports::{
    Claim, Counts, Cursor, EventChain, EventCursor, EventFilter, OpenCounts, Page, RecordedEvent, SecretName,
    ShipmentFilter, ShipmentSort, StoreError, Stored, Summary, TimeRange, Version,
};
use keyferry_domain::{
    Change, DeliveryId, Event, EventKind, PhaseName, SecretStore, Shipment, ShipmentId, ShipmentStore, Timestamp,
};

use super::Bug;

pub(super) struct Shipments {
    bug: Bug,
    inner: Arc<dyn ShipmentStore>,
    secrets: Arc<dyn SecretStore>,
    read: Mutex<HashMap<ShipmentId, Stored>>,
    counted: Mutex<Option<Counts>>,
    /// Queued shipments that this replica is sending.
    sending: Mutex<HashSet<ShipmentId>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn conflict(id: ShipmentId) -> StoreError {
    StoreError::Conflict(id.to_string())
}

/// Returns the shipment as it was before an edit by hand completed it.
fn before_edit(shipment: &Shipment) -> Option<Shipment> {
    let mut record = serde_json::to_value(shipment).ok()?;
    let before = record.get_mut("phase")?.get_mut("before")?.take();
    *record.get_mut("phase")? = before;
    if let Some(events) = record.get_mut("events") {
        *events = serde_json::Value::from(events.as_u64()?.saturating_sub(1));
    }
    serde_json::from_value(record).ok()
}

/// Returns the shipment as if its next attempt were due.
fn due_at_once(shipment: &Shipment) -> Option<Shipment> {
    let mut record = serde_json::to_value(shipment).ok()?;
    let obstacle = record.get_mut("obstacle")?;
    let since = obstacle.get("since")?.clone();
    *obstacle.get_mut("next_attempt").filter(|next| !next.is_null())? = since;
    serde_json::from_value(record).ok()
}

impl Shipments {
    pub(super) fn new(bug: Bug, inner: Arc<dyn ShipmentStore>, secrets: Arc<dyn SecretStore>) -> Self {
        let (read, counted, sending) = (Mutex::default(), Mutex::default(), Mutex::default());
        Self { bug, inner, secrets, read, counted, sending }
    }

    fn is(&self, bug: Bug) -> bool {
        self.bug == bug
    }

    fn is_sending(&self, id: ShipmentId) -> bool {
        lock(&self.sending).contains(&id)
    }

    async fn current(&self, id: ShipmentId) -> Result<Version, StoreError> {
        self.inner.get(id).await?.map(|stored| stored.version).ok_or_else(|| conflict(id))
    }

    /// Stores the record, and then its events in a transaction of their own.
    async fn commit_in_two(&self, change: &Change, expected: &Version) -> Result<Version, StoreError> {
        let record = Change::none(change.shipment().clone());
        let version = self.inner.commit(&record, expected).await?;
        self.inner.commit(change, &version).await
    }

    /// Returns whether another worker stored events with the numbers of this change.
    async fn has_events_of(&self, change: &Change) -> Result<bool, StoreError> {
        let first = change.events().first().map_or(u32::MAX, |event| event.seq);
        let stored = self.inner.events(change.shipment().id(), first.saturating_sub(1), 1).await?;
        Ok(!stored.is_empty())
    }

    /// Replaces the record whatever its version is, if its events still fit.
    async fn overwrite(&self, change: &Change) -> Result<Version, StoreError> {
        let id = change.shipment().id();
        if self.has_events_of(change).await? {
            return Err(conflict(id));
        }
        let version = self.current(id).await?;
        self.inner.commit(change, &version).await
    }

    async fn steal(&self, id: ShipmentId, claim: &Claim, now: Timestamp) -> Result<Version, StoreError> {
        let stored = self.inner.get(id).await?.ok_or_else(|| conflict(id))?;
        if let Some(held) = &stored.claim {
            self.inner.release(id, &held.holder).await?;
        }
        let version = self.current(id).await?;
        self.inner.claim(id, &version, claim, now).await
    }
}

#[async_trait]
impl ShipmentStore for Shipments {
    async fn insert(&self, change: &Change) -> Result<Version, StoreError> {
        if self.is(Bug::EventOutsideTransaction) {
            let version = self.inner.insert(&Change::none(change.shipment().clone())).await?;
            return self.inner.commit(change, &version).await;
        }
        self.inner.insert(change).await
    }

    async fn get(&self, id: ShipmentId) -> Result<Option<Stored>, StoreError> {
        if self.is(Bug::StaleRead)
            && let Some(known) = lock(&self.read).get(&id)
        {
            return Ok(Some(known.clone()));
        }
        let Some(mut stored) = self.inner.get(id).await? else { return Ok(None) };
        if self.is(Bug::StaleRead) {
            lock(&self.read).insert(id, stored.clone());
        }
        if self.is(Bug::PauseIgnored)
            && !stored.change.is_changed()
            && let Some(due) = due_at_once(stored.shipment())
        {
            stored.change = Change::none(due);
        }
        if self.is(Bug::ClaimWithoutCompareAndSwap) {
            stored.claim = None;
        }
        if self.is(Bug::HandEditIgnored)
            && stored.change.is_changed()
            && let Some(before) = before_edit(stored.shipment())
        {
            stored.change = Change::none(before);
        }
        Ok(Some(stored))
    }

    async fn find(&self, id: &DeliveryId) -> Result<Option<Stored>, StoreError> {
        self.inner.find(id).await
    }

    async fn commit(&self, change: &Change, expected: &Version) -> Result<Version, StoreError> {
        let id = change.shipment().id();
        let only_obstacles = |events: &[Event]| {
            !events.is_empty() && events.iter().all(|event| matches!(event.kind, EventKind::Obstacle))
        };
        let committed = match self.bug {
            Bug::EventOutsideTransaction => self.commit_in_two(change, expected).await,
            Bug::ObstacleSwallowed if only_obstacles(change.events()) => return Ok(expected.clone()),
            // The other dispatcher was faster, and has stored the same.
            Bug::QueueWithoutClaim if self.is_sending(id) && self.has_events_of(change).await? => Err(conflict(id)),
            _ => self.inner.commit(change, expected).await,
        };
        match (self.bug, committed) {
            (Bug::ConflictSwallowed, Err(StoreError::Conflict(_))) => self.current(id).await,
            (Bug::QueueWithoutClaim, Err(StoreError::Conflict(_))) if self.is_sending(id) => self.current(id).await,
            (Bug::LastWriteWins, Err(StoreError::Conflict(_))) => self.overwrite(change).await,
            (Bug::SecretPurgedEarly, Ok(version)) if change.shipment().phase().name() == PhaseName::Registered => {
                self.secrets.purge(&SecretName::of(id)).await?;
                Ok(version)
            }
            (_, committed) => committed,
        }
    }

    async fn query(
        &self,
        filter: &ShipmentFilter,
        sort: ShipmentSort,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<Summary>, StoreError> {
        let mut filter = filter.clone();
        match self.bug {
            Bug::OpenOrderNotLookedUp if filter.person.is_some() => return Ok(Page::default()),
            Bug::PauseIgnored => filter.next_attempt = TimeRange::default(),
            _ => {}
        }
        let mut page = self.inner.query(&filter, sort, after, limit).await?;
        match self.bug {
            Bug::FirstPageOnly if filter.person.is_none() => page.next = None,
            Bug::PauseIgnored => page.items.iter_mut().for_each(|item| item.next_attempt = Some(item.created_at)),
            _ => {}
        }
        Ok(page)
    }

    async fn counts(&self, filter: &ShipmentFilter) -> Result<Counts, StoreError> {
        let known = lock(&self.counted).clone();
        if let (Bug::CountsCached, Some(known)) = (self.bug, known) {
            return Ok(known);
        }
        let counts = self.inner.counts(filter).await?;
        *lock(&self.counted) = Some(counts.clone());
        Ok(counts)
    }

    async fn append_event(&self, event: &Event) -> Result<(), StoreError> {
        self.inner.append_event(event).await
    }

    async fn events(&self, id: ShipmentId, after: u32, limit: u32) -> Result<Vec<Event>, StoreError> {
        self.inner.events(id, after, limit).await
    }

    async fn events_after(&self, cursor: &EventCursor, limit: u32) -> Result<Vec<RecordedEvent>, StoreError> {
        let mut events = self.inner.events_after(cursor, limit).await?;
        match self.bug {
            Bug::EventSkipped if events.len() > 1 && *cursor != EventCursor::start() => {
                events.remove(0);
            }
            Bug::EventsSwapped => {
                for pair in events.chunks_mut(2) {
                    if let [one, other] = pair {
                        std::mem::swap(&mut one.event, &mut other.event);
                        std::mem::swap(&mut one.shipment, &mut other.shipment);
                    }
                }
            }
            _ => {}
        }
        Ok(events)
    }

    async fn newest_event(&self) -> Result<EventCursor, StoreError> {
        self.inner.newest_event().await
    }

    async fn events_before(
        &self,
        before: Option<&Cursor>,
        filter: &EventFilter,
        limit: u32,
    ) -> Result<Page<RecordedEvent>, StoreError> {
        self.inner.events_before(before, filter, limit).await
    }

    async fn claim(
        &self,
        id: ShipmentId,
        expected: &Version,
        claim: &Claim,
        now: Timestamp,
    ) -> Result<Version, StoreError> {
        match self.bug {
            Bug::ClaimWithoutExpiry => {
                let held = self.inner.get(id).await?.and_then(|stored| stored.claim);
                if held.is_some_and(|held| held.holder != claim.holder) {
                    return Err(conflict(id));
                }
            }
            Bug::QueueWithoutClaim => {
                let stored = self.inner.get(id).await?.ok_or_else(|| conflict(id))?;
                if stored.shipment().phase().name() == PhaseName::Queued {
                    lock(&self.sending).insert(id);
                    return Ok(stored.version);
                }
            }
            _ => {}
        }
        match self.inner.claim(id, expected, claim, now).await {
            Err(StoreError::Conflict(_)) if self.is(Bug::ClaimWithoutCompareAndSwap) => {
                self.steal(id, claim, now).await
            }
            claimed => claimed,
        }
    }

    async fn release(&self, id: ShipmentId, holder: &str) -> Result<(), StoreError> {
        self.inner.release(id, holder).await
    }

    async fn delete(&self, id: ShipmentId, expected: &Version) -> Result<(), StoreError> {
        self.inner.delete(id, expected).await
    }

    async fn prove_write(&self) -> Result<(), StoreError> {
        self.inner.prove_write().await
    }

    async fn tidy(&self) -> Result<(), StoreError> {
        self.inner.tidy().await
    }

    async fn find_damage(&self) -> Result<Vec<String>, StoreError> {
        self.inner.find_damage().await
    }

    async fn open_counts(&self) -> Result<Option<OpenCounts>, StoreError> {
        self.inner.open_counts().await
    }

    async fn verify_events(&self) -> Result<Option<EventChain>, StoreError> {
        self.inner.verify_events().await
    }
}
