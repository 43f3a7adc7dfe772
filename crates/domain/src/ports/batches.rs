//! Store of batches.

use async_trait::async_trait;

use super::store::{Cursor, Page, StoreError, Version};
use crate::BatchId;
use crate::batch::{Batch, BatchRow, BatchStateName, NewRow, RowCounts, RowState};

/// Store of batches and their rows. The orders of the rows are sealed at rest, like secrets.
#[async_trait]
pub trait BatchStore: Send + Sync {
    /// Inserts a new batch. Durable when this returns.
    ///
    /// # Errors
    /// [`StoreError::Exists`] if there is a batch with this id.
    async fn insert_batch(&self, batch: &Batch) -> Result<Version, StoreError>;

    /// Returns the batch.
    async fn batch(&self, id: BatchId) -> Result<Option<StoredBatch>, StoreError>;

    /// Replaces the batch if its version is still `expected`. Durable when this returns.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if it was changed or deleted since.
    async fn commit_batch(&self, batch: &Batch, expected: &Version) -> Result<Version, StoreError>;

    /// Returns batches in one of these states, newest first. No states: all batches. `limit` is at least 1.
    async fn batches(
        &self,
        states: &[BatchStateName],
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<StoredBatch>, StoreError>;

    /// Stores rows of a batch, all of them or none. At most [`MOST_ROWS`] at once. Durable when this returns. Rows of
    /// several megabytes together may be stored in parts.
    ///
    /// # Errors
    /// [`StoreError::Exists`] if the batch has a row with one of these numbers.
    async fn add_rows(&self, batch: BatchId, rows: &[NewRow]) -> Result<(), StoreError>;

    /// Returns up to `limit` matching rows with a number greater than `after`, by number. Fewer than `limit` means that
    /// there are no more.
    ///
    /// An order that is stored but cannot be opened is `None`, and is logged as an error: one row must not block the
    /// others. If the keys cannot be read at the moment, the call fails.
    async fn rows(&self, batch: BatchId, filter: &RowFilter, after: u32, limit: u32)
    -> Result<Vec<NewRow>, StoreError>;

    /// Replaces state and findings of rows that exist, all of them or none, and deletes the orders of those whose state
    /// [needs none](RowState::needs_order). At most [`MOST_ROWS`] at once. Durable when this returns. Rows of several
    /// megabytes together may be stored in parts.
    async fn update_rows(&self, batch: BatchId, rows: &[BatchRow]) -> Result<(), StoreError>;

    /// Replaces a row that exists, with its order. Returns `false` if it does not exist. Durable when this returns.
    async fn replace_row(&self, batch: BatchId, row: &NewRow) -> Result<bool, StoreError>;

    /// Deletes the orders of all rows of a batch that are not [`RowState::Ready`].
    async fn drop_orders(&self, batch: BatchId) -> Result<(), StoreError>;

    /// Counts the rows of a batch.
    async fn row_counts(&self, batch: BatchId) -> Result<RowCounts, StoreError>;

    /// Deletes a batch with its rows. Succeeds if it does not exist.
    async fn delete_batch(&self, id: BatchId) -> Result<(), StoreError>;
}

/// Largest number of rows in one call.
pub const MOST_ROWS: usize = 100;

/// Batch read from a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredBatch {
    /// The batch.
    pub batch: Batch,
    /// Version that was read.
    pub version: Version,
}

/// Filter for rows. The default matches every row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RowFilter {
    /// In one of these states. Empty for any state.
    pub states: Vec<RowState>,
    /// Only rows with findings.
    pub with_findings: bool,
    /// Whether to return the orders.
    pub orders: bool,
}

impl RowFilter {
    /// Returns whether the row matches.
    pub fn matches(&self, row: &BatchRow) -> bool {
        (self.states.is_empty() || self.states.contains(&row.state))
            && (!self.with_findings || row.findings().next().is_some())
    }
}
