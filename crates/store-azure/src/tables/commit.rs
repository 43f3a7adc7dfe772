//! Atomic writes of a change: the shipment's row, its index entries and its events in one transaction.

use async_trait::async_trait;
use keyferry_domain::ports::{ClaimChange, RecordColumns, StoreError, Version};
use keyferry_domain::{Change, EventWrite};
use keyferry_evidence::Entry;
use serde_json::Value;

use super::append::{Appending, Fate};
use super::columns::{Columns, Row};
use super::events::EventRows;
use super::head::Head;
use super::row::{self, CHANGE_COLUMNS, Expected};
use super::transaction::RowWrite;
use super::write::WRITE;
use super::{TableStore, layout, partition, terms};

/// Transaction of one change.
struct Writing<'a> {
    change: &'a Change,
    id: String,
    /// ETag that the row must have; `None` for a new row.
    etag: Option<String>,
    columns: Columns,
    index: Vec<RowWrite>,
    events: EventRows,
    /// Value of the column [`WRITE`], which identifies this write.
    name: String,
}

impl TableStore {
    pub(super) async fn insert_change(&self, change: &Change) -> Result<Version, StoreError> {
        let record = RecordColumns::of(change.shipment())?;
        let (columns, parts) = row::to_columns(&record, self.clock.now(), 0)?;
        let index = Self::index(&record);
        let etag = self.write(change, record.id, None, columns, index).await?;
        Ok(Expected::version(parts, &etag))
    }

    /// Replaces the record, and changes its claim, in one transaction.
    pub(super) async fn commit_change(
        &self,
        change: &Change,
        expected: &Version,
        claim: Option<&ClaimChange>,
    ) -> Result<Version, StoreError> {
        let record = RecordColumns::of(change.shipment())?;
        let conflict = || StoreError::Conflict(record.id.clone());
        let expected = Expected::parse(expected).ok_or_else(conflict)?;
        let before = self.row_to_change(&record.id).await?;
        let before = before.filter(|row| row.etag == expected.etag).ok_or_else(conflict)?;
        let (mut columns, parts) = row::to_columns(&record, self.clock.now(), expected.parts)?;
        if let Some(claim) = claim {
            columns.extend(row::claim_columns(&before, claim).ok_or_else(conflict)?);
        }
        let mut index = self.unindex(&record.id, &terms::removed(&before, &record)).await?;
        index.extend(Self::index(&record));
        let etag = self.write(change, record.id, Some(expected.etag), columns, index).await?;
        Ok(Expected::version(parts, &etag))
    }

    /// Reads the columns of the row that a change depends on.
    pub(super) async fn row_to_change(&self, id: &str) -> Result<Option<Row>, StoreError> {
        self.service.columns_of_row(partition::SHIPMENTS, id, Some(CHANGE_COLUMNS)).await
    }

    /// Writes the change and returns the row's new ETag.
    async fn write(
        &self,
        change: &Change,
        id: String,
        etag: Option<String>,
        mut columns: Columns,
        index: Vec<RowWrite>,
    ) -> Result<String, StoreError> {
        let name = self.name_a_write();
        columns.insert(WRITE.into(), Value::from(name.as_str()));
        let events = EventRows::of(change)?;
        let mut writing = Writing { change, id, etag, columns, index, events, name };
        match self.append(&mut writing).await? {
            Some(etag) => Ok(etag),
            None => self.etag_of(&writing).await,
        }
    }

    /// Returns which event row exists although it must not, or is missing although it must exist.
    async fn unexpected_row(&self, change: &Change, head: Option<&Head>) -> Result<Option<String>, StoreError> {
        let mut position = head.map_or(0, |head| head.newest.position);
        for write in change.writes() {
            let (event, new) = match write {
                EventWrite::Append(event) => (event, true),
                EventWrite::Recount(event) => (event, false),
            };
            let key = layout::event(change.shipment().id(), event.seq);
            let is_there = self.service.row(partition::SHIPMENTS, &key).await?.is_some();
            match (new, is_there) {
                (true, true) => return Ok(Some(format!("row `{key}` of its next event exists already"))),
                (false, false) => return Ok(Some(format!("row `{key}` of its newest event is missing"))),
                _ => {}
            }
            if new {
                position += 1;
                if let Some(reason) = self.unexpected_entry(position).await? {
                    return Ok(Some(reason));
                }
            }
        }
        Ok(None)
    }

    /// Returns the reason if the feed has a row at this position, which is after its head.
    pub(super) async fn unexpected_entry(&self, position: u64) -> Result<Option<String>, StoreError> {
        let key = layout::feed(position);
        let found = self.service.row(partition::SHIPMENTS, &key).await?;
        Ok(found.map(|_| format!("row `{key}` exists already, but row `{}` names a lower position", layout::HEAD)))
    }

    /// Reads the row's ETag. Fails with a conflict if this write was not the row's last.
    async fn etag_of(&self, writing: &Writing<'_>) -> Result<String, StoreError> {
        let row = self.row_to_change(&writing.id).await?;
        let row = row.filter(|row| row.text(WRITE) == writing.name);
        row.map(|row| row.etag).ok_or_else(|| StoreError::Conflict(writing.id.clone()))
    }
}

#[async_trait]
impl Appending for Writing<'_> {
    fn shipment(&self) -> &str {
        &self.id
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn contents(&self) -> Vec<(u32, &str)> {
        self.events.contents()
    }

    fn operations(&self, entries: &[Entry]) -> Result<Vec<RowWrite>, StoreError> {
        let (key, columns) = (self.id.clone(), self.columns.clone());
        let mut operations = vec![match &self.etag {
            Some(etag) => RowWrite::Merge { key, etag: etag.clone(), columns },
            None => RowWrite::Insert { key, columns },
        }];
        operations.extend(self.index.iter().cloned());
        operations.extend(self.events.operations(self.change.shipment().id(), entries)?);
        Ok(operations)
    }

    /// The response names the failed operation only in its message text, so the row is read.
    async fn fate(&self, store: &TableStore, _: bool) -> Result<Fate, StoreError> {
        let id = &self.id;
        Ok(match (&self.etag, store.row_to_change(id).await?) {
            (_, Some(row)) if row.text(WRITE) == self.name => Fate::Done(Some(row.etag)),
            (None, Some(_)) => Fate::Failed(StoreError::Exists(id.clone())),
            (Some(expected), row) if row.as_ref().is_none_or(|row| row.etag != *expected) => {
                Fate::Failed(StoreError::Conflict(id.clone()))
            }
            _ => Fate::Unchanged,
        })
    }

    async fn prepare_again(&mut self, store: &TableStore, head: Option<&Head>) -> Result<(), StoreError> {
        Err(match store.unexpected_row(self.change, head).await? {
            Some(reason) => StoreError::Broken { id: self.id.clone(), reason },
            // Another replica deleted an index entry that this transaction deletes, too. The caller reads the row again
            // and retries.
            None => StoreError::Conflict(self.id.clone()),
        })
    }
}
