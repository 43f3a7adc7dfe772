//! Records of shipments.

use async_trait::async_trait;
use keyferry_domain::ports::{Claim, Cursor, Page, RecordColumns, ShipmentStore, StoreError, Stored, Version};
use keyferry_domain::{FulfilmentId, PhaseName, Shipment, ShipmentId, Timestamp};

use super::key::quoted;
use super::row::{self, CLAIM_HOLDER, CLAIM_UNTIL, Expected};
use super::service::Query;
use super::write::columns;
use super::{TableStore, partition};

/// The most rows in one page.
const PAGE: u32 = 200;

/// How often a claim that is given back is tried again when somebody changed the row in the meantime.
const LOOKS: usize = 3;

#[async_trait]
impl ShipmentStore for TableStore {
    async fn insert(&self, shipment: &Shipment) -> Result<Version, StoreError> {
        let record = RecordColumns::of(shipment)?;
        let (mut columns, parts) = row::to_columns(&record, self.clock.now(), 0)?;
        columns.insert("created_at".into(), row::time_text(shipment.created_at).into());
        self.index_shipment(shipment).await?;
        let etag = self.insert_row(partition::SHIPMENTS, &record.id, columns).await?;
        Ok(Expected::version(parts, &etag))
    }

    async fn get(&self, id: ShipmentId) -> Result<Option<Stored>, StoreError> {
        let row = self.service.row(partition::SHIPMENTS, &id.to_string()).await?;
        let broken = |reason| StoreError::Broken { id: id.to_string(), reason };
        row.map(|row| row::read(&row, self.clock.now()).map_err(broken)).transpose()
    }

    async fn find(&self, id: &FulfilmentId) -> Result<Option<Stored>, StoreError> {
        let Some(shipment) = self.indexed(id).await? else { return Ok(None) };
        // The index is written before the record, so the record has the last word.
        Ok(self.get(shipment).await?.filter(|stored| stored.shipment.phase.fulfilment_id() == Some(id)))
    }

    async fn list(&self, phases: &[PhaseName], after: Option<&Cursor>, limit: u32) -> Result<Page, StoreError> {
        let limit = limit.clamp(1, PAGE) as usize;
        let (rows, more) = self.service.some_rows(&Query::new(listed(phases, after), limit)).await?;
        let now = self.clock.now();
        let next = rows.last().filter(|_| more).map(|row| Cursor(row.key().to_owned()));
        let mut page = Page { next, ..Page::default() };
        for row in &rows {
            match row::read(row, now) {
                Ok(stored) => page.items.push(stored),
                Err(reason) => page.broken.push((keyferry_http::clean(row.key()), reason)),
            }
        }
        Ok(page)
    }

    async fn replace(&self, shipment: &Shipment, expected: &Version) -> Result<Version, StoreError> {
        let record = RecordColumns::of(shipment)?;
        let expected = Expected::parse(expected).ok_or_else(|| StoreError::Conflict(record.id.clone()))?;
        let (columns, parts) = row::to_columns(&record, self.clock.now(), expected.parts)?;
        self.index_shipment(shipment).await?;
        let etag = self.merge_row(partition::SHIPMENTS, &record.id, &expected.etag, columns).await?;
        Ok(Expected::version(parts, &etag))
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
        // One whose end cannot be read has ended.
        if let Ok(Some(held)) = row::claim(&row)
            && held.holder != claim.holder
            && held.until > now
        {
            return Err(conflict());
        }
        let claimed = columns([(CLAIM_HOLDER, &claim.holder), (CLAIM_UNTIL, &row::time_text(claim.until))]);
        let etag = self.merge_row(partition::SHIPMENTS, &id.to_string(), &etag, claimed).await?;
        Ok(Expected::version(parts, &etag))
    }

    async fn release(&self, id: ShipmentId, holder: &str) -> Result<(), StoreError> {
        let id = id.to_string();
        for _ in 0..LOOKS {
            let row = self.service.row(partition::SHIPMENTS, &id).await?;
            let Some(row) = row.filter(|row| row.text(CLAIM_HOLDER) == holder) else { return Ok(()) };
            let free = columns([(CLAIM_HOLDER, ""), (CLAIM_UNTIL, "")]);
            match self.merge_row(partition::SHIPMENTS, &id, &row.etag, free).await {
                Err(StoreError::Conflict(_)) => {}
                answer => return answer.map(drop),
            }
        }
        Err(StoreError::Unavailable(format!("the claim on {id} could not be given back; it ends by itself")))
    }

    async fn delete(&self, id: ShipmentId, expected: &Version) -> Result<(), StoreError> {
        let conflict = || StoreError::Conflict(id.to_string());
        let expected = Expected::parse(expected).ok_or_else(conflict)?;
        let row = self.service.row(partition::SHIPMENTS, &id.to_string()).await?;
        let row = row.filter(|row| row.etag == expected.etag).ok_or_else(conflict)?;
        self.delete_row(partition::SHIPMENTS, &id.to_string(), &expected.etag).await?;
        // An entry that stays behind names a shipment that is gone, which nobody finds.
        if let Err(error) = self.unindex(&FulfilmentId::new(row.text("shipmentId")), id).await {
            tracing::debug!(%id, %error, "an entry of the index stays behind");
        }
        Ok(())
    }

    async fn ping(&self) -> Result<(), StoreError> {
        let query = Query::keys(format!("PartitionKey eq {}", quoted(partition::LEASES)), 1);
        self.service.some_rows(&query).await.map(drop)
    }
}

impl TableStore {
    async fn index_shipment(&self, shipment: &Shipment) -> Result<(), StoreError> {
        match shipment.phase.fulfilment_id() {
            Some(fulfilment) => self.index(fulfilment, shipment.id).await,
            None => Ok(()),
        }
    }

    /// Whether the shipment has this id of the delivery service. One that cannot be read may have it.
    pub(super) async fn has(&self, id: ShipmentId, fulfilment: &FulfilmentId) -> Result<bool, StoreError> {
        match self.get(id).await {
            Ok(found) => Ok(found.is_some_and(|stored| stored.shipment.phase.fulfilment_id() == Some(fulfilment))),
            Err(StoreError::Broken { .. }) => Ok(true),
            Err(error) => Err(error),
        }
    }
}

/// Rows in the phases asked for, and those that a person set to complete, whatever their phase: they are listed until
/// the next `replace` makes it durable.
fn listed(phases: &[PhaseName], after: Option<&Cursor>) -> String {
    let after = after.map_or("", |cursor| &cursor.0);
    let mut any: Vec<_> = phases.iter().map(|phase| format!("phase eq {}", quoted(phase.as_str()))).collect();
    any.push("(shipmentState eq 'complete' and phase ne 'complete')".into());
    format!(
        "PartitionKey eq {} and RowKey gt {} and ({})",
        quoted(partition::SHIPMENTS),
        quoted(after),
        any.join(" or ")
    )
}
