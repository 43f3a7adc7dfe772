//! Atomic writes of a change: the shipment's row, its index entries and its events in one transaction.

use std::time::Duration;

use keyferry_domain::ports::{RecordColumns, StoreError, Version};
use keyferry_domain::{Change, EventWrite};
use serde_json::Value;

use super::columns::{Columns, Row};
use super::error::Refusal;
use super::head::Head;
use super::row::{self, CHANGE_COLUMNS, Expected};
use super::service::Attempts;
use super::transaction::{MAX_OPERATIONS, RowWrite};
use super::write::WRITE;
use super::{TableStore, events, layout, partition, terms};

/// How often a transaction is retried because another replica advanced the head. Each time that replica succeeded, so
/// an exponential back-off would only favour the others.
const MAX_ROUNDS: u32 = 100;

/// Longest pause between rounds.
const PAUSE: Duration = Duration::from_millis(20);

/// Content of one write.
struct Writing<'a> {
    change: &'a Change,
    id: String,
    /// ETag that the row must have; `None` for a new row.
    etag: Option<String>,
    columns: Columns,
    index: Vec<RowWrite>,
    /// Value of the column [`WRITE`], which identifies this write.
    name: String,
}

/// Result of a refused transaction, after reading the rows.
enum Outcome {
    /// The transaction was committed earlier and its response was lost. Contains the row's ETag.
    Done(String),
    /// Another replica advanced the head to this one.
    HeadMoved(Head),
    Failed(StoreError),
}

impl TableStore {
    pub(super) async fn insert_change(&self, change: &Change) -> Result<Version, StoreError> {
        let record = RecordColumns::of(change.shipment())?;
        let (columns, parts) = row::to_columns(&record, self.clock.now(), 0)?;
        let index = Self::index(&record);
        let etag = self.write(change, record.id, None, columns, index).await?;
        Ok(Expected::version(parts, &etag))
    }

    pub(super) async fn commit_change(&self, change: &Change, expected: &Version) -> Result<Version, StoreError> {
        let record = RecordColumns::of(change.shipment())?;
        let conflict = || StoreError::Conflict(record.id.clone());
        let expected = Expected::parse(expected).ok_or_else(conflict)?;
        let before = self.row_to_change(&record.id).await?;
        let before = before.filter(|row| row.etag == expected.etag).ok_or_else(conflict)?;
        let (columns, parts) = row::to_columns(&record, self.clock.now(), expected.parts)?;
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
        let writing = Writing { change, id, etag, columns, index, name };
        // Without new events the head is neither read nor written.
        if events::appended(change) == 0 {
            return self.transact_until_clear(&writing, None).await.map(|(etag, _)| etag);
        }
        // Serialises the commits of this process, which would otherwise conflict with each other.
        let mut kept = self.head.lock().await;
        // Removes the cached head: after a failure it must be read again.
        let head = match kept.take() {
            Some(head) => head,
            None => self.read_head().await?,
        };
        let (etag, head) = self.transact_until_clear(&writing, Some(head)).await?;
        *kept = head;
        Ok(etag)
    }

    /// Sends the transaction until its outcome is known. Returns the row's ETag, and the new head if the response
    /// contained its ETag.
    async fn transact_until_clear(
        &self,
        writing: &Writing<'_>,
        mut head: Option<Head>,
    ) -> Result<(String, Option<Head>), StoreError> {
        let (mut attempts, mut rounds) = (Attempts::default(), 0);
        loop {
            let position = head.as_ref().map(|head| head.position + events::appended(writing.change));
            let operations = writing.operations(head.as_ref(), position)?;
            match self.service.transact(partition::SHIPMENTS, &operations, &writing.name).await {
                Ok(etags) => {
                    // See `operations`: the row comes first and the head last.
                    let next = head.is_some().then(|| etags.last().cloned().flatten()).flatten();
                    let next = next.zip(position).map(|(etag, position)| Head { etag: Some(etag), position });
                    return match etags.into_iter().next().flatten() {
                        Some(etag) => Ok((etag, next)),
                        None => self.etag_of(writing).await.map(|etag| (etag, next)),
                    };
                }
                Err(Refusal::Later { error, wait }) => self.service.pause(&mut attempts, wait).await.ok_or(error)?,
                Err(Refusal::Exists | Refusal::Conflict) => match self.outcome(writing, head.as_ref()).await? {
                    Outcome::Done(etag) => return Ok((etag, None)),
                    Outcome::Failed(error) => return Err(error),
                    Outcome::HeadMoved(now) => {
                        rounds += 1;
                        if rounds == MAX_ROUNDS {
                            return Err(StoreError::Unavailable(format!(
                                "other replicas changed row `{}` {MAX_ROUNDS} times in a row",
                                layout::HEAD
                            )));
                        }
                        self.clock.sleep(self.jittered()).await;
                        head = Some(now);
                    }
                },
                Err(refusal) => return Err(refusal.into_store_error(&writing.id)),
            }
        }
    }

    /// Determines by reading why the transaction was refused. The response names the failed operation only in its
    /// message text.
    async fn outcome(&self, writing: &Writing<'_>, head: Option<&Head>) -> Result<Outcome, StoreError> {
        let id = &writing.id;
        let row = self.row_to_change(id).await?;
        match (&writing.etag, row) {
            (_, Some(row)) if row.text(WRITE) == writing.name => return Ok(Outcome::Done(row.etag)),
            (None, Some(_)) => return Ok(Outcome::Failed(StoreError::Exists(id.clone()))),
            (Some(expected), row) if row.as_ref().is_none_or(|row: &Row| row.etag != *expected) => {
                return Ok(Outcome::Failed(StoreError::Conflict(id.clone())));
            }
            _ => {}
        }
        if let Some(head) = head {
            let now = self.read_head().await?;
            if now != *head {
                return Ok(Outcome::HeadMoved(now));
            }
        }
        let reason = self.unexpected_row(writing.change, head).await?;
        Ok(Outcome::Failed(match reason {
            Some(reason) => StoreError::Broken { id: id.clone(), reason },
            // Another replica deleted an index entry that this transaction deletes, too. The caller reads the row again
            // and retries.
            None => StoreError::Conflict(id.clone()),
        }))
    }

    /// Returns which event row exists although it must not, or is missing although it must exist.
    async fn unexpected_row(&self, change: &Change, head: Option<&Head>) -> Result<Option<String>, StoreError> {
        let mut position = head.map_or(0, |head| head.position);
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
                let key = layout::feed(position);
                if self.service.row(partition::SHIPMENTS, &key).await?.is_some() {
                    return Ok(Some(format!(
                        "row `{key}` exists already, but row `{}` names a lower position",
                        layout::HEAD
                    )));
                }
            }
        }
        Ok(None)
    }

    /// Reads the row's ETag. Fails with a conflict if this write was not the row's last.
    async fn etag_of(&self, writing: &Writing<'_>) -> Result<String, StoreError> {
        let row = self.row_to_change(&writing.id).await?;
        let row = row.filter(|row| row.text(WRITE) == writing.name);
        row.map(|row| row.etag).ok_or_else(|| StoreError::Conflict(writing.id.clone()))
    }

    /// Returns a random duration between half of [`PAUSE`] and all of it, so that replicas do not retry in step.
    fn jittered(&self) -> Duration {
        let mut byte = [0];
        self.entropy.fill(&mut byte);
        PAUSE / 2 + PAUSE / 2 * u32::from(byte[0]) / 255
    }
}

impl Writing<'_> {
    /// Returns the operations: the row first, the head last.
    fn operations(&self, head: Option<&Head>, position: Option<u64>) -> Result<Vec<RowWrite>, StoreError> {
        let (key, columns) = (self.id.clone(), self.columns.clone());
        let mut operations = vec![match &self.etag {
            Some(etag) => RowWrite::Merge { key, etag: etag.clone(), columns },
            None => RowWrite::Insert { key, columns },
        }];
        operations.extend(self.index.iter().cloned());
        operations.extend(events::operations(self.change, head)?);
        operations.extend(head.zip(position).map(|(head, position)| head.moved_to(position)));
        if operations.len() > MAX_OPERATIONS {
            let reason = format!(
                "its change has {} events and {} search terms, which do not fit into one transaction of Table Storage",
                self.change.events().len(),
                self.index.len()
            );
            return Err(StoreError::Broken { id: self.id.clone(), reason });
        }
        Ok(operations)
    }
}
