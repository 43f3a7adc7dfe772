//! Operations of the shipment store, and claims.

use async_trait::async_trait;
use keyferry_domain::ports::{
    Claim, ClaimChange, Counts, Cursor, EventChain, EventCursor, EventFilter, Page, RecordedEvent, ShipmentFilter,
    ShipmentSort, ShipmentStore, StoreError, Stored, Summary, Version,
};
use keyferry_domain::{Change, DeliveryId, Event, ShipmentId, Timestamp};

use super::columns::columns;
use super::row::{self, CLAIM_HOLDER, CLAIM_UNTIL, Expected};
use super::{TableStore, partition};

/// How often releasing a claim is tried if the row changes in between.
const MAX_TRIES: usize = 3;

/// Row that each probe replaces. No lease has this name, because of the underscore.
const PROBE: &str = "write_probe";

#[async_trait]
impl ShipmentStore for TableStore {
    async fn insert(&self, change: &Change) -> Result<Version, StoreError> {
        self.insert_change(change).await
    }

    async fn get(&self, id: ShipmentId) -> Result<Option<Stored>, StoreError> {
        let row = self.service.row(partition::SHIPMENTS, &id.to_string()).await?;
        let broken = |reason| StoreError::Broken { id: id.to_string(), reason };
        row.map(|row| row::read(&row, self.clock.now()).map_err(broken)).transpose()
    }

    async fn find(&self, id: &DeliveryId) -> Result<Option<Stored>, StoreError> {
        self.first_with(id).await
    }

    async fn commit(&self, change: &Change, expected: &Version) -> Result<Version, StoreError> {
        self.commit_change(change, expected, None).await
    }

    async fn commit_and_claim(
        &self,
        change: &Change,
        expected: &Version,
        claim: &ClaimChange,
    ) -> Result<Version, StoreError> {
        self.commit_change(change, expected, Some(claim)).await
    }

    async fn query(
        &self,
        filter: &ShipmentFilter,
        sort: ShipmentSort,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<Summary>, StoreError> {
        self.page(filter, sort, after, limit).await
    }

    async fn counts(&self, filter: &ShipmentFilter) -> Result<Counts, StoreError> {
        self.count(filter).await
    }

    async fn events(&self, id: ShipmentId, after: u32, limit: u32) -> Result<Vec<Event>, StoreError> {
        self.read_events(id, after, limit).await
    }

    async fn append_event(&self, event: &Event) -> Result<(), StoreError> {
        self.append_own(event).await
    }

    async fn events_after(&self, cursor: &EventCursor, limit: u32) -> Result<Vec<RecordedEvent>, StoreError> {
        self.read_feed(cursor, limit).await
    }

    async fn events_before(
        &self,
        before: Option<&Cursor>,
        filter: &EventFilter,
        limit: u32,
    ) -> Result<Page<RecordedEvent>, StoreError> {
        self.read_feed_before(before, filter, limit).await
    }

    async fn newest_event(&self) -> Result<EventCursor, StoreError> {
        Ok(EventCursor(self.read_head().await?.newest.position.to_string()))
    }

    async fn claim(
        &self,
        id: ShipmentId,
        expected: &Version,
        claim: &Claim,
        now: Timestamp,
    ) -> Result<Version, StoreError> {
        let conflict = || StoreError::Conflict(id.to_string());
        let Expected { etag, parts } = Expected::parse(expected).ok_or_else(conflict)?;
        let found = self.service.row(partition::SHIPMENTS, &id.to_string()).await?.filter(|row| row.etag == etag);
        let row = found.ok_or_else(conflict)?;
        // A claim whose end cannot be read has expired.
        if let Ok(Some(held)) = row::claim(&row)
            && held.blocks(claim, now)
        {
            return Err(conflict());
        }
        let claimed = columns([(CLAIM_HOLDER, &claim.holder), (CLAIM_UNTIL, &row::time_text(claim.until))]);
        let etag = self.merge_row(partition::SHIPMENTS, &id.to_string(), &etag, claimed).await?;
        Ok(Expected::version(parts, &etag))
    }

    async fn release(&self, id: ShipmentId, holder: &str) -> Result<(), StoreError> {
        let id = id.to_string();
        for _ in 0..MAX_TRIES {
            let row = self.service.row(partition::SHIPMENTS, &id).await?;
            let Some(row) = row.filter(|row| row.text(CLAIM_HOLDER) == holder) else { return Ok(()) };
            let free = columns([(CLAIM_HOLDER, ""), (CLAIM_UNTIL, "")]);
            match self.merge_row(partition::SHIPMENTS, &id, &row.etag, free).await {
                Err(StoreError::Conflict(_)) => {}
                answer => return answer.map(drop),
            }
        }
        Err(StoreError::Unavailable(format!("could not release the claim on {id}; it expires by itself")))
    }

    async fn delete(&self, id: ShipmentId, expected: &Version) -> Result<(), StoreError> {
        self.delete_shipment(id, expected).await
    }

    async fn verify_events(&self) -> Result<Option<EventChain>, StoreError> {
        keyferry_evidence::report(self).await.map(Some)
    }

    async fn prove_write(&self) -> Result<(), StoreError> {
        let written_at = row::time_text(self.clock.now());
        self.upsert_row(partition::LEASES, PROBE, &columns([("written_at", &written_at)])).await
    }
}
