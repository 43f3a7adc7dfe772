//! Store of batches with a planted bug.

use std::sync::Arc;

use async_trait::async_trait;
use keyferry_domain::ports::{Cursor, Page, RowFilter, StoreError, StoredBatch, Version};
use keyferry_domain::{
    Batch, BatchId, BatchRow, BatchStateName, BatchStore, Clock, Entropy, NewRow, RowCounts, ShipmentId,
};

use super::Bug;

pub(super) struct Batches {
    pub(super) bug: Bug,
    pub(super) inner: Arc<dyn BatchStore>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) entropy: Arc<dyn Entropy>,
}

#[async_trait]
impl BatchStore for Batches {
    async fn insert_batch(&self, batch: &Batch) -> Result<Version, StoreError> {
        self.inner.insert_batch(batch).await
    }

    async fn batch(&self, id: BatchId) -> Result<Option<StoredBatch>, StoreError> {
        self.inner.batch(id).await
    }

    async fn commit_batch(&self, batch: &Batch, expected: &Version) -> Result<Version, StoreError> {
        self.inner.commit_batch(batch, expected).await
    }

    async fn batches(
        &self,
        states: &[BatchStateName],
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<StoredBatch>, StoreError> {
        self.inner.batches(states, after, limit).await
    }

    async fn add_rows(&self, batch: BatchId, rows: &[NewRow]) -> Result<(), StoreError> {
        self.inner.add_rows(batch, rows).await
    }

    async fn rows(
        &self,
        batch: BatchId,
        filter: &RowFilter,
        after: u32,
        limit: u32,
    ) -> Result<Vec<NewRow>, StoreError> {
        let mut rows = self.inner.rows(batch, filter, after, limit).await?;
        // Only feeding reads the orders of rows that are ready.
        if self.bug == Bug::RowFedTwice && filter.orders {
            for new in &mut rows {
                new.row.shipment = ShipmentId::new(self.clock.now(), self.entropy.as_ref());
            }
        }
        Ok(rows)
    }

    async fn update_rows(&self, batch: BatchId, rows: &[BatchRow]) -> Result<(), StoreError> {
        self.inner.update_rows(batch, rows).await
    }

    async fn replace_row(&self, batch: BatchId, row: &NewRow) -> Result<bool, StoreError> {
        self.inner.replace_row(batch, row).await
    }

    async fn drop_orders(&self, batch: BatchId) -> Result<(), StoreError> {
        self.inner.drop_orders(batch).await
    }

    async fn row_counts(&self, batch: BatchId) -> Result<RowCounts, StoreError> {
        self.inner.row_counts(batch).await
    }

    async fn delete_batch(&self, id: BatchId) -> Result<(), StoreError> {
        self.inner.delete_batch(id).await
    }
}
