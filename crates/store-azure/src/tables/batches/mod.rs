//! Batches and their rows.
//!
//! Batches share a partition, newest first. The rows of each batch have a partition of their own, by number, so that
//! up to 100 of them are written in one transaction. The orders of rows are sealed with a key that is not in the table.
//!
//! Rows are changed by one replica at a time, so changes of them are not conditional.

mod layout;
mod list;
mod record;
mod rows;
mod write;

use async_trait::async_trait;
use keyferry_domain::ports::{Cursor, Page, RowFilter, StoreError, StoredBatch, Version};
use keyferry_domain::{Batch, BatchId, BatchRow, BatchStateName, BatchStore, NewRow, RowCounts};

use super::row::Expected;
use super::{TableStore, partition};

#[async_trait]
impl BatchStore for TableStore {
    async fn insert_batch(&self, batch: &Batch) -> Result<Version, StoreError> {
        let (columns, parts) = record::batch_columns(batch, 0)?;
        let etag = self.insert_row(partition::BATCHES, &layout::batch(batch.id), columns).await;
        let etag = etag.map_err(|error| about(batch.id, error))?;
        Ok(Expected::version(parts, &etag))
    }

    async fn batch(&self, id: BatchId) -> Result<Option<StoredBatch>, StoreError> {
        let row = self.service.row(partition::BATCHES, &layout::batch(id)).await?;
        let read = |row| record::read_batch(&row).map_err(|reason| StoreError::Broken { id: name(id), reason });
        row.map(read).transpose()
    }

    async fn commit_batch(&self, batch: &Batch, expected: &Version) -> Result<Version, StoreError> {
        let expected = Expected::parse(expected).ok_or_else(|| StoreError::Conflict(name(batch.id)))?;
        let (columns, parts) = record::batch_columns(batch, expected.parts)?;
        let etag = self.merge_row(partition::BATCHES, &layout::batch(batch.id), &expected.etag, columns).await;
        let etag = etag.map_err(|error| about(batch.id, error))?;
        Ok(Expected::version(parts, &etag))
    }

    async fn batches(
        &self,
        states: &[BatchStateName],
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<StoredBatch>, StoreError> {
        self.list_batches(states, after, limit).await
    }

    async fn add_rows(&self, batch: BatchId, rows: &[NewRow]) -> Result<(), StoreError> {
        self.insert_batch_rows(batch, rows).await
    }

    async fn rows(
        &self,
        batch: BatchId,
        filter: &RowFilter,
        after: u32,
        limit: u32,
    ) -> Result<Vec<NewRow>, StoreError> {
        self.batch_rows(batch, filter, after, limit).await
    }

    async fn update_rows(&self, batch: BatchId, rows: &[BatchRow]) -> Result<(), StoreError> {
        self.change_batch_rows(batch, rows).await
    }

    async fn replace_row(&self, batch: BatchId, row: &NewRow) -> Result<bool, StoreError> {
        self.replace_batch_row(batch, row).await
    }

    async fn drop_orders(&self, batch: BatchId) -> Result<(), StoreError> {
        self.drop_batch_orders(batch).await
    }

    async fn row_counts(&self, batch: BatchId) -> Result<RowCounts, StoreError> {
        self.count_batch_rows(batch).await
    }

    /// Deletes the rows first: if the process dies in between, the batch is still listed, and is deleted again.
    async fn delete_batch(&self, id: BatchId) -> Result<(), StoreError> {
        self.delete_batch_rows(id).await?;
        let key = layout::batch(id);
        let Some(row) = self.service.row(partition::BATCHES, &key).await? else { return Ok(()) };
        self.delete_row(partition::BATCHES, &key, &row.etag).await.map_err(|error| about(id, error))
    }
}

fn name(id: BatchId) -> String {
    format!("the batch {id}")
}

/// Names the batch in the error, and not its key.
fn about(id: BatchId, error: StoreError) -> StoreError {
    match error {
        StoreError::Exists(_) => StoreError::Exists(name(id)),
        StoreError::Conflict(_) => StoreError::Conflict(name(id)),
        other => other,
    }
}
