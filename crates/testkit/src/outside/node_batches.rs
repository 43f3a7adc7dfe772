//! Batches and their rows, as ports of a node.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use async_trait::async_trait;
use keyferry_domain::ports::{Cursor, Page, RowFilter, StoreError, StoredBatch, Version};
use keyferry_domain::{Batch, BatchId, BatchRow, BatchStateName, BatchStore, NewRow, RowCounts};

use super::meddler::About;
use super::node::Node;
use super::trouble::Call;

/// Returns the result of a double, which never waits.
pub(super) fn at_once<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("a double in memory waits"),
    }
}

#[async_trait]
impl BatchStore for Node {
    async fn insert_batch(&self, batch: &Batch) -> Result<Version, StoreError> {
        self.call(Call::InsertBatch, |outside| at_once(outside.batches.insert_batch(batch))).await
    }

    async fn batch(&self, id: BatchId) -> Result<Option<StoredBatch>, StoreError> {
        self.call(Call::GetBatch, |outside| at_once(outside.batches.batch(id))).await
    }

    async fn commit_batch(&self, batch: &Batch, expected: &Version) -> Result<Version, StoreError> {
        self.call(Call::CommitBatch, |outside| at_once(outside.batches.commit_batch(batch, expected))).await
    }

    async fn batches(
        &self,
        states: &[BatchStateName],
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<StoredBatch>, StoreError> {
        self.call(Call::ListBatches, |outside| at_once(outside.batches.batches(states, after, limit))).await
    }

    async fn add_rows(&self, batch: BatchId, rows: &[NewRow]) -> Result<(), StoreError> {
        self.call(Call::AddRows, |outside| at_once(outside.batches.add_rows(batch, rows))).await
    }

    async fn rows(
        &self,
        batch: BatchId,
        filter: &RowFilter,
        after: u32,
        limit: u32,
    ) -> Result<Vec<NewRow>, StoreError> {
        self.call(Call::Rows, |outside| at_once(outside.batches.rows(batch, filter, after, limit))).await
    }

    async fn update_rows(&self, batch: BatchId, rows: &[BatchRow]) -> Result<(), StoreError> {
        self.call_about(Call::UpdateRows, About::Rows(rows), |outside| {
            at_once(outside.batches.update_rows(batch, rows))
        })
        .await
    }

    async fn replace_row(&self, batch: BatchId, row: &NewRow) -> Result<bool, StoreError> {
        self.call(Call::ReplaceRow, |outside| at_once(outside.batches.replace_row(batch, row))).await
    }

    async fn drop_orders(&self, batch: BatchId) -> Result<(), StoreError> {
        self.call(Call::DropOrders, |outside| at_once(outside.batches.drop_orders(batch))).await
    }

    async fn row_counts(&self, batch: BatchId) -> Result<RowCounts, StoreError> {
        self.call(Call::RowCounts, |outside| at_once(outside.batches.row_counts(batch))).await
    }

    async fn delete_batch(&self, id: BatchId) -> Result<(), StoreError> {
        self.call(Call::DeleteBatch, |outside| at_once(outside.batches.delete_batch(id))).await
    }
}
