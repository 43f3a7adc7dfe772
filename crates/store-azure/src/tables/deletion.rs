//! Deletion of a shipment with its events.
//!
//! The first transaction deletes the record and adds a row `sys-deleted-…`, which is deleted last. If the process
//! crashes in between, the next deletion on any replica finds that row and deletes the remaining events. Until then the
//! events are harmless: their shipment no longer exists, and a reader of the feed sees events that did happen.

use keyferry_domain::ShipmentId;
use keyferry_domain::ports::{StoreError, Version};

use super::columns::{Row, columns};
use super::error::Refusal;
use super::row::{self, Expected};
use super::service::{Attempts, Query};
use super::transaction::{ANY, MAX_OPERATIONS, RowWrite};
use super::{TableStore, events, layout, partition};

/// Columns of event rows that their deletion needs.
const EVENT_COLUMNS: &str = "PartitionKey,RowKey,Timestamp,position";

impl TableStore {
    pub(super) async fn delete_shipment(&self, id: ShipmentId, expected: &Version) -> Result<(), StoreError> {
        let conflict = || StoreError::Conflict(id.to_string());
        let Expected { etag, .. } = Expected::parse(expected).ok_or_else(conflict)?;
        let row = self.row_to_change(&id.to_string()).await?;
        let row = row.filter(|row| row.etag == etag).ok_or_else(conflict)?;
        self.delete_record(id, &row).await?;
        // The record is deleted, so this call succeeds even if events remain.
        if let Err(error) = self.finish_deletions().await {
            tracing::warn!(%id, %error, "could not delete all events of a shipment: the next deletion retries");
        }
        Ok(())
    }

    /// Deletes the row with its index entries, and adds the note that events remain.
    async fn delete_record(&self, id: ShipmentId, row: &Row) -> Result<(), StoreError> {
        let id = id.to_string();
        let note = columns([("at", &row::time_text(self.clock.now()))]);
        let mut operations = vec![
            RowWrite::Delete { key: id.clone(), etag: row.etag.clone() },
            RowWrite::Upsert { key: layout::deleted(&id), columns: note },
        ];
        let own = operations.len();
        operations.extend(self.entries(&id, row).await?);
        let (mut attempts, mut in_doubt, mut looked_again) = (Attempts::default(), false, false);
        loop {
            match self.service.transact(partition::SHIPMENTS, &operations, &self.name_a_write()).await {
                Ok(_) => return Ok(()),
                Err(Refusal::Later { error, wait }) => {
                    in_doubt = true;
                    self.service.pause(&mut attempts, wait).await.ok_or(error)?;
                }
                Err(Refusal::Exists | Refusal::Conflict) => match self.row_to_change(&id).await? {
                    // An earlier attempt or another replica deleted the record.
                    None if in_doubt => return Ok(()),
                    // An index entry was deleted since it was read.
                    Some(now) if now.etag == row.etag && !looked_again => {
                        looked_again = true;
                        operations.truncate(own);
                        operations.extend(self.entries(&id, row).await?);
                    }
                    _ => return Err(StoreError::Conflict(id)),
                },
                Err(refusal) => return Err(refusal.into_store_error(&id)),
            }
        }
    }

    /// Returns the deletions of the shipment's index entries, as many as fit into the transaction with the record's
    /// two.
    async fn entries(&self, id: &str, row: &Row) -> Result<Vec<RowWrite>, StoreError> {
        let mut entries = self.unindex(id, &row::terms(row)).await?;
        entries.truncate(MAX_OPERATIONS - 2);
        Ok(entries)
    }

    /// Deletes the events of all shipments whose record was deleted.
    async fn finish_deletions(&self) -> Result<(), StoreError> {
        for note in self.service.all_keys(layout::deleted_rows()).await? {
            if let Some(id) = layout::shipment_of(note.key()) {
                self.delete_events(id).await?;
            }
            self.delete_if_there(note.key()).await?;
        }
        Ok(())
    }

    async fn delete_events(&self, id: ShipmentId) -> Result<(), StoreError> {
        let query = Query::of(EVENT_COLUMNS, layout::events(id, 0), usize::MAX);
        let (rows, _) = self.service.some_rows(&query).await?;
        // The feed row comes first: its key is known only from the event's own row.
        let keys: Vec<_> =
            rows.iter().flat_map(|row| events::feed_key(row).into_iter().chain([row.key().to_owned()])).collect();
        for keys in keys.chunks(MAX_OPERATIONS) {
            let delete = |key: &String| RowWrite::Delete { key: key.clone(), etag: ANY.into() };
            let operations: Vec<_> = keys.iter().map(delete).collect();
            match self.service.transact(partition::SHIPMENTS, &operations, &self.name_a_write()).await {
                Ok(_) => {}
                // Some rows no longer exist, or the response was lost. Deletes the rows one by one.
                Err(_) => {
                    for key in keys {
                        self.delete_if_there(key).await?;
                    }
                }
            }
        }
        Ok(())
    }

    async fn delete_if_there(&self, key: &str) -> Result<(), StoreError> {
        match self.delete_row(partition::SHIPMENTS, key, ANY).await {
            Ok(()) | Err(StoreError::Conflict(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }
}
