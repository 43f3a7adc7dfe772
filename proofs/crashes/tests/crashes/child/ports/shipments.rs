use async_trait::async_trait;
use keyferry_domain::ports::{
    Claim, ClaimChange, Counts, Cursor, EventChain, EventCursor, OpenCounts, Page, RecordedEvent, ShipmentFilter,
    ShipmentSort, StoreError, Stored, Summary, Version,
};
use keyferry_domain::{Change, DeliveryId, Event, Lane, PhaseName, ShipmentId, ShipmentStore, Timestamp};

use super::super::flows::FlowHint::{self, Begins, Otherwise};
use super::super::planted::Bug;
use super::Wrapped;
use crate::connector::lock;

impl Wrapped<dyn ShipmentStore> {
    /// Removes and returns the change that a planted bug holds back.
    fn take_held(&self, id: ShipmentId) -> Option<Change> {
        lock(&self.planted.held).remove(&id)
    }
}

impl Wrapped<dyn ShipmentStore> {
    fn note_refusal(&self, flow: FlowHint, call: &str, written: &Result<Version, StoreError>) {
        if written.as_ref().is_err_and(|error| !matches!(error, StoreError::Conflict(_))) {
            self.steps.refused(flow, call);
        }
    }

    /// Returns whether a planted bug considers the record claimed by another worker.
    async fn is_claimed_by_planted_bug(&self, id: ShipmentId, claim: &Claim, now: Timestamp) -> bool {
        self.planted.is(Bug::FutureClaimTrusted)
            && self
                .inner
                .get(id)
                .await
                .ok()
                .flatten()
                .and_then(|stored| stored.claim)
                .is_some_and(|held| held.holder != claim.holder && held.until > now)
    }
}

#[async_trait]
impl ShipmentStore for Wrapped<dyn ShipmentStore> {
    async fn insert(&self, change: &Change) -> Result<Version, StoreError> {
        let work = async {
            if self.planted.is(Bug::IntentAfterOrder) {
                lock(&self.planted.held).insert(change.shipment().id(), change.clone());
                return Ok(Version("1:ongoing".to_owned()));
            }
            self.inner.insert(change).await
        };
        let inserted = self.steps.around(Begins("create"), "shipments.insert", work).await;
        self.note_refusal(Begins("create"), "shipments.insert", &inserted);
        inserted
    }

    async fn get(&self, id: ShipmentId) -> Result<Option<Stored>, StoreError> {
        // Of the tasks that begin with it, only that of a queued order is in this lane.
        let flow = if Lane::current() == Lane::Bulk { Begins("send") } else { Otherwise("look") };
        let work = async {
            if self.planted.is(Bug::LinkClosedLate)
                && let Some(held) = self.take_held(id)
                && let Some(stored) = self.inner.get(id).await?
            {
                self.inner.commit(&held, &stored.version).await?;
            }
            self.inner.get(id).await
        };
        self.steps.around(flow, "shipments.get", work).await
    }

    async fn find(&self, id: &DeliveryId) -> Result<Option<Stored>, StoreError> {
        self.steps.around(Otherwise("look"), "shipments.find", self.inner.find(id)).await
    }

    async fn commit(&self, change: &Change, expected: &Version) -> Result<Version, StoreError> {
        let call = format!("shipments.commit[{}]", change.shipment().phase().name().as_str());
        let is_seen = change.shipment().pin_link().is_some_and(|link| link.seen_at.is_some());
        let work = async {
            if is_seen && self.planted.is(Bug::LinkClosedLate) {
                lock(&self.planted.held).insert(change.shipment().id(), change.clone());
                return Ok(expected.clone());
            }
            if let Some(held) = self.take_held(change.shipment().id()) {
                self.inner.insert(&held).await?;
            }
            self.inner.commit(change, expected).await
        };
        let committed = self.steps.around(Otherwise("resolve"), &call, work).await;
        self.note_refusal(Otherwise("resolve"), &call, &committed);
        committed
    }

    async fn commit_and_claim(
        &self,
        change: &Change,
        expected: &Version,
        claim: &ClaimChange,
    ) -> Result<Version, StoreError> {
        let call = format!("shipments.commit[{}]", change.shipment().phase().name().as_str());
        let work = async {
            if let ClaimChange::Take(claim, now) = claim
                && self.is_claimed_by_planted_bug(change.shipment().id(), claim, *now).await
            {
                return Err(StoreError::Conflict(change.shipment().id().to_string()));
            }
            if let Some(held) = self.take_held(change.shipment().id()) {
                self.inner.insert(&held).await?;
            }
            self.inner.commit_and_claim(change, expected, claim).await
        };
        let committed = self.steps.around(Otherwise("resolve"), &call, work).await;
        self.note_refusal(Otherwise("resolve"), &call, &committed);
        committed
    }

    async fn query(
        &self,
        filter: &ShipmentFilter,
        sort: ShipmentSort,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<Summary>, StoreError> {
        // Not announced: the dispatcher looks by time, so the number of calls differs between runs.
        if filter.phases == [PhaseName::Queued] {
            return self.inner.query(filter, sort, after, limit).await;
        }
        let (flow, call) = if filter.person.is_some() && filter.phases.is_empty() {
            // Acts on a person's keys begin with it.
            (Begins("act"), "shipments.query[person]")
        } else if filter.serial.is_some() {
            (Begins("act"), "shipments.query[serial]")
        } else if filter.being_withdrawn {
            (Begins("process"), "shipments.query[withdrawn]")
        } else if filter.phases.contains(&PhaseName::Complete) {
            (Begins("clean-up"), "shipments.query[settled]")
        } else {
            (Begins("process"), "shipments.query[open]")
        };
        let work = async {
            if filter.being_withdrawn && self.planted.is_after_restart(Bug::ActForgotten) {
                return Ok(Page::default());
            }
            self.inner.query(filter, sort, after, limit).await
        };
        self.steps.around(flow, call, work).await
    }

    async fn counts(&self, filter: &ShipmentFilter) -> Result<Counts, StoreError> {
        self.steps.around(Begins("process"), "shipments.counts", self.inner.counts(filter)).await
    }

    async fn append_event(&self, event: &Event) -> Result<(), StoreError> {
        self.steps.around(Otherwise("stock"), "shipments.append_event", self.inner.append_event(event)).await
    }

    async fn events(&self, id: ShipmentId, after: u32, limit: u32) -> Result<Vec<Event>, StoreError> {
        self.steps.around(Otherwise("look"), "shipments.events", self.inner.events(id, after, limit)).await
    }

    async fn events_after(&self, cursor: &EventCursor, limit: u32) -> Result<Vec<RecordedEvent>, StoreError> {
        self.inner.events_after(cursor, limit).await
    }

    async fn newest_event(&self) -> Result<EventCursor, StoreError> {
        self.inner.newest_event().await
    }

    async fn claim(
        &self,
        id: ShipmentId,
        expected: &Version,
        claim: &Claim,
        now: Timestamp,
    ) -> Result<Version, StoreError> {
        let work = async {
            if self.is_claimed_by_planted_bug(id, claim, now).await {
                return Err(StoreError::Conflict(id.to_string()));
            }
            self.inner.claim(id, expected, claim, now).await
        };
        self.steps.around(Begins("resend"), "shipments.claim", work).await
    }

    async fn release(&self, id: ShipmentId, holder: &str) -> Result<(), StoreError> {
        self.steps.around(Begins("resend"), "shipments.release", self.inner.release(id, holder)).await
    }

    async fn delete(&self, id: ShipmentId, expected: &Version) -> Result<(), StoreError> {
        self.steps.around(Begins("clean-up"), "shipments.delete", self.inner.delete(id, expected)).await
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

    async fn verify_events(&self) -> Result<Option<EventChain>, StoreError> {
        self.inner.verify_events().await
    }

    async fn open_counts(&self) -> Result<Option<OpenCounts>, StoreError> {
        self.inner.open_counts().await
    }
}
