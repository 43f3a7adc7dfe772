use async_trait::async_trait;
use keyferry_domain::ports::{BatchStore, Cursor, Page, RowFilter, StoreError, StoredBatch, Version};
use keyferry_domain::{Batch, BatchId, BatchRow, BatchStateName, NewRow, RowCounts, RowState, ShipmentId};

use super::super::flows::FlowHint::Otherwise;
use super::super::planted::Bug;
use super::Wrapped;

#[async_trait]
impl BatchStore for Wrapped<dyn BatchStore> {
    async fn insert_batch(&self, batch: &Batch) -> Result<Version, StoreError> {
        self.steps.around(Otherwise("upload"), "batches.insert_batch", self.inner.insert_batch(batch)).await
    }

    async fn batch(&self, id: BatchId) -> Result<Option<StoredBatch>, StoreError> {
        self.inner.batch(id).await
    }

    async fn commit_batch(&self, batch: &Batch, expected: &Version) -> Result<Version, StoreError> {
        let call = format!("batches.commit_batch[{}]", batch.state.name().as_str());
        self.steps.around(Otherwise("act"), &call, self.inner.commit_batch(batch, expected)).await
    }

    /// Not announced: the worker looks by time, so the number of calls differs between runs.
    async fn batches(
        &self,
        states: &[BatchStateName],
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<StoredBatch>, StoreError> {
        self.steps.begin("batch");
        self.inner.batches(states, after, limit).await
    }

    async fn add_rows(&self, batch: BatchId, rows: &[NewRow]) -> Result<(), StoreError> {
        self.steps.around(Otherwise("upload"), "batches.add_rows", self.inner.add_rows(batch, rows)).await
    }

    async fn rows(
        &self,
        batch: BatchId,
        filter: &RowFilter,
        after: u32,
        limit: u32,
    ) -> Result<Vec<NewRow>, StoreError> {
        let mut rows = self.inner.rows(batch, filter, after, limit).await?;
        if self.planted.is_after_restart(Bug::RowIdPerProcess) {
            rows.iter_mut().for_each(|row| row.row.shipment = another(row.row.shipment));
        }
        Ok(rows)
    }

    async fn update_rows(&self, batch: BatchId, rows: &[BatchRow]) -> Result<(), StoreError> {
        let queued = rows.iter().any(|row| row.state == RowState::Queued);
        let call = if queued { "batches.update_rows[queued]" } else { "batches.update_rows[checked]" };
        self.steps.around(Otherwise("batch"), call, self.inner.update_rows(batch, rows)).await
    }

    async fn replace_row(&self, batch: BatchId, row: &NewRow) -> Result<bool, StoreError> {
        self.steps.around(Otherwise("act"), "batches.replace_row", self.inner.replace_row(batch, row)).await
    }

    async fn drop_orders(&self, batch: BatchId) -> Result<(), StoreError> {
        self.steps.around(Otherwise("batch"), "batches.drop_orders", self.inner.drop_orders(batch)).await
    }

    async fn row_counts(&self, batch: BatchId) -> Result<RowCounts, StoreError> {
        self.inner.row_counts(batch).await
    }

    async fn delete_batch(&self, id: BatchId) -> Result<(), StoreError> {
        self.steps.around(Otherwise("clean-up"), "batches.delete_batch", self.inner.delete_batch(id)).await
    }
}

/// Returns another id, always the same for the same one.
fn another(id: ShipmentId) -> ShipmentId {
    let mut text = id.to_string();
    let last = if text.ends_with('0') { "1" } else { "0" };
    text.replace_range(text.len() - 1.., last);
    ShipmentId::parse(&text).unwrap()
}
