//! Deletion of a shipment with its events.
//!
//! The first transaction deletes the record, appends an entry for the deletion to the event chain, and adds a row
//! `sys-deleted-…`, which is deleted last. If the process crashes in between, the next deletion on any replica finds
//! that row and deletes the remaining events. Until then the events are harmless: their shipment no longer exists, and
//! a reader of the feed sees events that did happen.
//!
//! The entries of the events stay in the feed without content, so that the chain can still be verified.

use async_trait::async_trait;
use futures::future::try_join_all;
use keyferry_domain::ShipmentId;
use keyferry_domain::ports::{StoreError, Version};
use keyferry_evidence::{DELETION, Entry, deletion};

use super::append::{Appending, Fate, OWN_OPERATIONS};
use super::columns::{Columns, Row, columns};
use super::events::{self, EVENT, SHIPMENT};
use super::head::{Head, POSITION, position};
use super::row::{self, Expected};
use super::service::Query;
use super::transaction::{ANY, MAX_OPERATIONS, RowWrite};
use super::{TableStore, layout, long_text, partition};

/// Columns of the rows of events and entries that their deletion needs.
const EVENT_COLUMNS: &str = "PartitionKey,RowKey,Timestamp,position";
const ENTRY_COLUMNS: &str = "PartitionKey,RowKey,Timestamp,shipment,event_parts";

/// Writes of a deletion apart from the index entries: the record, the note, the entry, and those of the chain.
const OWN: usize = 3 + OWN_OPERATIONS;

/// Transaction that deletes a record.
struct Deleting<'a> {
    id: String,
    row: &'a Row,
    name: String,
    note: Columns,
    /// Content of the entry.
    content: String,
    content_columns: Columns,
    index: Vec<RowWrite>,
    is_repeated: bool,
}

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
        let now = self.clock.now();
        let at = row::time_text(now);
        let events = self.service.all_keys(layout::events(id, 0)).await?.len();
        let id = id.to_string();
        let content = deletion(now, events as u64);
        let mut content_columns = columns([("kind", "deleted"), ("at", &at)]);
        long_text::write(&mut content_columns, EVENT, &content, 0);
        let mut deleting = Deleting {
            row,
            name: self.name_a_write(),
            note: columns([("at", &at)]),
            content,
            content_columns,
            index: self.entries(&id, row).await?,
            is_repeated: false,
            id,
        };
        self.append(&mut deleting).await.map(drop)
    }

    /// Returns the deletions of the shipment's index entries, as many as fit into the transaction.
    async fn entries(&self, id: &str, row: &Row) -> Result<Vec<RowWrite>, StoreError> {
        let mut entries = self.unindex(id, &row::terms(row)).await?;
        entries.truncate(MAX_OPERATIONS - OWN);
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

    /// Deletes the rows of the events, and removes the content of their entries.
    async fn delete_events(&self, id: ShipmentId) -> Result<(), StoreError> {
        let query = Query::of(EVENT_COLUMNS, layout::events(id, 0), usize::MAX);
        let (rows, _) = self.service.some_rows(&query).await?;
        for rows in rows.chunks(MAX_OPERATIONS / 2) {
            // The content goes first: the entry is known only from the event's own row.
            let mut operations = self.emptied_entries(id, rows).await?;
            operations.extend(rows.iter().map(|row| RowWrite::Delete { key: row.key().into(), etag: ANY.into() }));
            match self.service.transact(partition::SHIPMENTS, &operations, &self.name_a_write()).await {
                Ok(_) => {}
                // Some rows no longer exist, or the response was lost. Writes the rows one by one.
                Err(_) => {
                    for operation in operations {
                        self.write_if_there(operation).await?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Returns the writes that remove the content of these events' entries.
    async fn emptied_entries(&self, id: ShipmentId, rows: &[Row]) -> Result<Vec<RowWrite>, StoreError> {
        let positions = rows.iter().filter_map(|row| position(row.text(POSITION)));
        let entries = positions.map(|position| async move {
            let key = layout::feed(position);
            let entry = self.service.columns_of_row(partition::SHIPMENTS, &key, Some(ENTRY_COLUMNS)).await?;
            // Whoever changed the column `position` must not remove the content of another shipment.
            let entry = entry.filter(|entry| entry.text(SHIPMENT) == id.to_string());
            Ok::<_, StoreError>(entry.map(|entry| {
                let columns = events::without_content(long_text::parts(&entry, EVENT));
                RowWrite::Merge { key, etag: entry.etag, columns }
            }))
        });
        Ok(try_join_all(entries).await?.into_iter().flatten().collect())
    }

    async fn write_if_there(&self, operation: RowWrite) -> Result<(), StoreError> {
        match operation {
            RowWrite::Merge { key, columns, .. } => {
                match self.merge_row(partition::SHIPMENTS, &key, ANY, columns).await {
                    Ok(_) | Err(StoreError::Conflict(_)) => Ok(()),
                    Err(error) => Err(error),
                }
            }
            RowWrite::Insert { key, .. } | RowWrite::Upsert { key, .. } | RowWrite::Delete { key, .. } => {
                self.delete_if_there(&key).await
            }
        }
    }

    async fn delete_if_there(&self, key: &str) -> Result<(), StoreError> {
        match self.delete_row(partition::SHIPMENTS, key, ANY).await {
            Ok(()) | Err(StoreError::Conflict(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

#[async_trait]
impl Appending for Deleting<'_> {
    fn shipment(&self) -> &str {
        &self.id
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn contents(&self) -> Vec<(u32, &str)> {
        vec![(DELETION, &self.content)]
    }

    fn operations(&self, entries: &[Entry]) -> Result<Vec<RowWrite>, StoreError> {
        let mut operations = vec![
            RowWrite::Delete { key: self.id.clone(), etag: self.row.etag.clone() },
            RowWrite::Upsert { key: layout::deleted(&self.id), columns: self.note.clone() },
        ];
        operations.extend(entries.iter().map(|entry| events::insert_entry(entry, self.content_columns.clone())));
        operations.extend(self.index.iter().cloned());
        Ok(operations)
    }

    async fn fate(&self, store: &TableStore, in_doubt: bool) -> Result<Fate, StoreError> {
        Ok(match store.row_to_change(&self.id).await? {
            // An earlier attempt or another replica deleted the record.
            None if in_doubt => Fate::Done(None),
            Some(now) if now.etag == self.row.etag => Fate::Unchanged,
            _ => Fate::Failed(StoreError::Conflict(self.id.clone())),
        })
    }

    async fn prepare_again(&mut self, store: &TableStore, head: Option<&Head>) -> Result<(), StoreError> {
        if !self.is_repeated {
            // An index entry was deleted since it was read.
            self.is_repeated = true;
            self.index = store.entries(&self.id, self.row).await?;
            return Ok(());
        }
        let next = head.map_or(1, |head| head.newest.position + 1);
        Err(match store.unexpected_entry(next).await? {
            Some(reason) => StoreError::Broken { id: self.id.clone(), reason },
            None => StoreError::Conflict(self.id.clone()),
        })
    }
}
