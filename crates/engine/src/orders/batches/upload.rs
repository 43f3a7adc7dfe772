//! Upload: stores the rows of a new batch in pieces, so that memory does not grow with the file.

use std::sync::Arc;

use keyferry_domain::ports::{MOST_ROWS, RowFilter, StoreError, Version};
use keyferry_domain::{
    Batch, BatchColumn, BatchRow, NewRow, RowContent, RowFinding, RowOrder, RowState, Severity, ShipmentId,
};

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
    /// What a row without a valid order contains, in a form of the caller, so that it can be corrected.
    pub content: Option<String>,
    /// Findings about the form of the row.
    pub findings: Vec<RowFinding>,
}

impl UploadRow {
    /// Returns the row as it is stored, with this id of its shipment.
    pub(super) fn into_new(self, shipment: ShipmentId) -> NewRow {
        let Self { row, key, user, order, content, findings } = self;
        let mut row = BatchRow {
            row,
            key,
            user,
            shipment,
            state: RowState::Ready,
            read: findings,
            checked: Vec::new(),
            changed: None,
        };
        let stored = match (order, content) {
            (Some(order), _) => order.encode(),
            (None, Some(content)) => {
                row.state = RowState::Invalid;
                RowContent { content }.encode()
            }
            (None, None) => {
                row.state = RowState::Invalid;
                return NewRow { row, order: None };
            }
        };
        if stored.is_err() {
            row.read.push(unreadable_order());
        }
        if row.has(Severity::Error) {
            row.state = RowState::Invalid;
        }
        NewRow { row, order: stored.ok() }
    }
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
}

impl Upload {
    pub(super) async fn begin(context: Arc<Context>, batch: Batch) -> Result<Self, StoreError> {
        let version = context.ports.batches.insert_batch(&batch).await?;
        Ok(Self { context, batch, version, pending: Vec::new(), total: 0 })
    }

    /// Adds a row. Rows are stored in pieces.
    ///
    /// # Errors
    /// [`BatchError::TooManyRows`], or the error of the store. Pass it to [`Upload::settled`].
    pub async fn add(&mut self, row: UploadRow) -> Result<(), BatchError> {
        if self.total >= MOST {
            return Err(BatchError::TooManyRows(MOST));
        }
        self.total += 1;
        self.pending.push(row.into_new(self.context.new_id()));
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

    /// Stores the last rows, and makes the batch a draft. `later` are findings about rows that were added before: what
    /// is known only at the end, for example that their key is repeated. `findings` are about the whole file.
    ///
    /// # Errors
    /// The error of the store. Pass it to [`Upload::settled`].
    pub async fn finish(
        &mut self,
        columns: Vec<BatchColumn>,
        findings: Vec<RowFinding>,
        later: Vec<(u32, RowFinding)>,
    ) -> Result<Batch, BatchError> {
        self.flush().await?;
        for (row, finding) in later {
            self.add_finding(row, finding).await?;
        }
        let mut batch = self.batch.clone().stored(self.total, self.context.now())?;
        (batch.columns, batch.read) = (columns, findings);
        self.version = self.context.ports.batches.commit_batch(&batch, &self.version).await?;
        tracing::info!(batch = %batch.id, rows = self.total, caller = %batch.created_by, "stored batch");
        Ok(batch)
    }

    /// Returns the result of the upload. Deletes what was stored if it failed; if that fails too, clean-up deletes it.
    ///
    /// # Errors
    /// The given error.
    pub async fn settled<E>(self, result: Result<Batch, E>) -> Result<Batch, E> {
        if result.is_err()
            && let Err(error) = self.context.ports.batches.delete_batch(self.batch.id).await
        {
            tracing::warn!(batch = %self.batch.id, %error, "could not delete incomplete batch; clean-up deletes it");
        }
        result
    }

    async fn add_finding(&self, number: u32, finding: RowFinding) -> Result<(), StoreError> {
        let store = &self.context.ports.batches;
        let found = store.rows(self.batch.id, &RowFilter::default(), number.saturating_sub(1), 1).await?;
        let Some(NewRow { mut row, .. }) = found.into_iter().next().filter(|found| found.row.row == number) else {
            return Ok(());
        };
        row.read.push(finding);
        if row.has(Severity::Error) {
            row.state = RowState::Invalid;
        }
        store.update_rows(self.batch.id, &[row]).await
    }
}

/// The stored order of the row does not exist or cannot be opened.
pub(super) fn unreadable_order() -> RowFinding {
    RowFinding {
        severity: Severity::Error,
        code: "order-unreadable".to_owned(),
        member: None,
        message: "The stored order of the row cannot be read".to_owned(),
        remedy: "Enter the row again, or upload it in a new batch.".to_owned(),
    }
}
