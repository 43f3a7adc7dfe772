//! Upload: stores the rows of a new batch in pieces, so that memory does not grow with the file.

use std::collections::{BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;

use keyferry_domain::ports::{MOST_ROWS, RowFilter, StoreError, Version};
use keyferry_domain::{Batch, BatchRow, NewRow, RowFinding, RowMember, RowOrder, RowState, Severity};

use super::error::BatchError;
use crate::context::Context;

/// Largest number of rows of a batch.
const MOST: u32 = 100_000;

/// Row of a new batch.
#[derive(Debug)]
pub struct UploadRow {
    /// Number of the row, as the person who wrote the file sees it. Each row has a greater one than the row before.
    pub row: u32,
    /// Key of the row.
    pub key: Option<String>,
    /// User as named in the row.
    pub user: String,
    /// The order, if the row contains a valid one.
    pub order: Option<RowOrder>,
    /// Findings about the form of the row.
    pub findings: Vec<RowFinding>,
}

/// New batch whose rows are being stored. [`Upload::finish`] makes it a draft; dropped before, it stays `uploading` and
/// clean-up deletes it.
#[expect(missing_debug_implementations, reason = "it holds trait objects")]
pub struct Upload {
    context: Arc<Context>,
    batch: Batch,
    version: Version,
    pending: Vec<NewRow>,
    total: u32,
    /// Row of each key, by a hash of the key: the memory for 100,000 rows stays below 4 MiB.
    keys: HashMap<u64, u32>,
    /// Rows whose key another row repeats.
    repeated: BTreeSet<u32>,
}

impl Upload {
    pub(super) async fn begin(context: Arc<Context>, batch: Batch) -> Result<Self, StoreError> {
        let version = context.ports.batches.insert_batch(&batch).await?;
        let (keys, repeated) = (HashMap::new(), BTreeSet::new());
        Ok(Self { context, batch, version, pending: Vec::new(), total: 0, keys, repeated })
    }

    /// Adds a row. Rows are stored in pieces.
    ///
    /// # Errors
    /// [`BatchError::TooManyRows`], or the error of the store. Call [`Upload::discard`] then.
    pub async fn add(&mut self, row: UploadRow) -> Result<(), BatchError> {
        if self.total >= MOST {
            return Err(BatchError::TooManyRows(MOST));
        }
        self.total += 1;
        let UploadRow { row, key, user, order, mut findings } = row;
        if let Some(key) = &key {
            let first = *self.keys.entry(hash(key)).or_insert(row);
            if first != row {
                self.repeated.insert(first);
                findings.push(repeated_key(first));
            }
        }
        let order = match order.as_ref().map(RowOrder::encode).transpose() {
            Ok(order) => order,
            Err(_) => {
                findings.push(unreadable_order());
                None
            }
        };
        let shipment = self.context.new_id();
        let mut row =
            BatchRow { row, key, user, shipment, state: RowState::Ready, read: findings, checked: Vec::new() };
        if row.has(Severity::Error) || order.is_none() {
            row.state = RowState::Invalid;
        }
        self.pending.push(NewRow { row, order });
        if self.pending.len() == MOST_ROWS {
            self.flush().await?;
        }
        Ok(())
    }

    async fn flush(&mut self) -> Result<(), StoreError> {
        if !self.pending.is_empty() {
            self.context.ports.batches.add_rows(self.batch.id, &self.pending).await?;
            self.pending.clear();
        }
        Ok(())
    }

    /// Stores the last rows, and makes the batch a draft. `columns` are those of the file, `findings` those about the
    /// whole file.
    ///
    /// # Errors
    /// The error of the store. Call [`Upload::discard`] then.
    pub async fn finish(
        &mut self,
        columns: Vec<(String, Option<String>)>,
        findings: Vec<RowFinding>,
    ) -> Result<Batch, BatchError> {
        self.flush().await?;
        for first in std::mem::take(&mut self.repeated) {
            self.mark_repeated(first).await?;
        }
        let mut batch = self.batch.clone().stored(self.total, self.context.now())?;
        (batch.columns, batch.read) = (columns, findings);
        self.version = self.context.ports.batches.commit_batch(&batch, &self.version).await?;
        tracing::info!(batch = %batch.id, rows = self.total, caller = %batch.created_by, "stored batch");
        Ok(batch)
    }

    /// Deletes what was stored. If that fails, clean-up deletes it.
    pub async fn discard(self) {
        if let Err(error) = self.context.ports.batches.delete_batch(self.batch.id).await {
            tracing::warn!(batch = %self.batch.id, %error, "could not delete incomplete batch; clean-up deletes it");
        }
    }

    async fn mark_repeated(&self, first: u32) -> Result<(), StoreError> {
        let store = &self.context.ports.batches;
        let found = store.rows(self.batch.id, &RowFilter::default(), first.saturating_sub(1), 1).await?;
        let Some(NewRow { mut row, .. }) = found.into_iter().next().filter(|found| found.row.row == first) else {
            return Ok(());
        };
        let message = "Another row has the same key".to_owned();
        row.read.push(RowFinding { message, ..repeated_key(first) });
        row.state = RowState::Invalid;
        store.update_rows(self.batch.id, &[row]).await
    }
}

fn hash(key: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    hasher.finish()
}

fn repeated_key(first: u32) -> RowFinding {
    RowFinding {
        severity: Severity::Error,
        code: "repeated-key".to_owned(),
        member: Some(RowMember::Named("row_key".to_owned())),
        message: format!("Row {first} has the same key"),
        remedy: "Give each row its own key, or remove one of the rows.".to_owned(),
    }
}

/// The stored order of the row does not exist or cannot be opened.
pub(super) fn unreadable_order() -> RowFinding {
    RowFinding {
        severity: Severity::Error,
        code: "order-unreadable".to_owned(),
        member: None,
        message: "The stored order of the row cannot be read".to_owned(),
        remedy: "Upload the row again in a new batch.".to_owned(),
    }
}
