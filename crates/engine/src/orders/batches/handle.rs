//! Handle of callers to batches.

use std::sync::Arc;

use keyferry_domain::ports::{Cursor, Page, RowFilter, StoreError, StoredBatch};
use keyferry_domain::{Batch, BatchId, BatchStateName, Caller, Product};

use super::acts;
use super::change::{self, RowContents};
use super::error::BatchError;
use super::rows::{self, ResultRow};
use super::upload::{Upload, UploadRow};
use super::view::{BatchView, shipments, view};
use crate::context::Context;
use crate::operator::{Operator, Outcome};
use crate::orders::preflight::Preflight;

/// Stores, reads and changes batches. Cheap to clone. The work itself is done by [`super::BatchWorker`].
#[derive(Clone)]
#[expect(missing_debug_implementations, reason = "it holds trait objects")]
pub struct Batches {
    context: Arc<Context>,
    operator: Operator,
    preflight: Preflight,
}

impl Batches {
    pub(crate) fn new(context: Arc<Context>, operator: Operator, preflight: Preflight) -> Self {
        Self { context, operator, preflight }
    }

    /// Begins a new batch. Its rows are added to the upload.
    ///
    /// # Errors
    /// The error of the store.
    pub async fn begin(&self, name: String, by: Caller) -> Result<Upload, StoreError> {
        let now = self.context.now();
        let id = BatchId::new(now, self.context.ports.entropy.as_ref());
        Upload::begin(self.context.clone(), Batch::begin(id, name, by, now)).await
    }

    /// Returns a batch with its counts.
    ///
    /// # Errors
    /// The error of the store.
    pub async fn get(&self, id: BatchId) -> Result<Option<BatchView>, StoreError> {
        match self.context.ports.batches.batch(id).await? {
            Some(StoredBatch { batch, .. }) => Ok(Some(view(&self.context, batch).await?)),
            None => Ok(None),
        }
    }

    /// Returns whether the batch exists.
    ///
    /// # Errors
    /// The error of the store.
    pub async fn exists(&self, id: BatchId) -> Result<bool, StoreError> {
        Ok(self.context.ports.batches.batch(id).await?.is_some())
    }

    /// Returns a page of batches in one of these states, newest first. No states: all batches.
    ///
    /// # Errors
    /// The error of the store.
    pub async fn list(
        &self,
        states: &[BatchStateName],
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<StoredBatch>, StoreError> {
        self.context.ports.batches.batches(states, after, limit).await
    }

    /// Returns up to `limit` rows of a batch with a number greater than `after`. Fewer than `limit` means that there
    /// are no more. The rows contain no orders.
    ///
    /// # Errors
    /// The error of the store.
    pub async fn rows(
        &self,
        id: BatchId,
        filter: &RowFilter,
        after: u32,
        limit: u32,
    ) -> Result<Vec<ResultRow>, StoreError> {
        rows::rows(&self.context, id, &RowFilter { orders: false, ..filter.clone() }, after, limit).await
    }

    /// Returns a row of a batch with its content, which contains an address.
    ///
    /// # Errors
    /// [`BatchError`]
    pub async fn row(&self, id: BatchId, number: u32) -> Result<RowContents, BatchError> {
        change::row(&self.context, id, number).await
    }

    /// Returns the products of the rows that will be ordered, with their number of keys.
    ///
    /// # Errors
    /// The error of the store.
    pub async fn keys(&self, id: BatchId) -> Result<Vec<(Product, u32)>, StoreError> {
        rows::keys(&self.context, id).await
    }

    /// Replaces the content of a row of a draft or checked batch, and checks the row if the batch is checked. The row
    /// keeps its key if the new content has none. Findings about it do not prevent the change. Returns the row.
    ///
    /// # Errors
    /// [`BatchError`]
    pub async fn change_row(
        &self,
        id: BatchId,
        row: UploadRow,
        by: &Caller,
        may_be_privileged: bool,
    ) -> Result<ResultRow, BatchError> {
        change::change_row(&self.context, &self.preflight, id, row, by, may_be_privileged).await
    }

    /// Starts a check of all rows. Returns at once; the worker checks.
    ///
    /// # Errors
    /// [`BatchError`]
    pub async fn check(&self, id: BatchId, by: &Caller, may_be_privileged: bool) -> Result<BatchView, BatchError> {
        self.changed(acts::check(&self.context, id, by, may_be_privileged).await?).await
    }

    /// Submits a checked batch. `confirmed` is the number of orders that the caller expects to place.
    ///
    /// # Errors
    /// [`BatchError`]
    pub async fn submit(
        &self,
        id: BatchId,
        by: &Caller,
        may_be_privileged: bool,
        confirmed: u32,
    ) -> Result<BatchView, BatchError> {
        self.changed(acts::submit(&self.context, id, by, may_be_privileged, confirmed).await?).await
    }

    /// Pauses a submitted batch: no order of it is sent from now on, except those that are being sent.
    ///
    /// # Errors
    /// [`BatchError`]
    pub async fn pause(&self, id: BatchId, by: &Caller, reason: &str) -> Result<BatchView, BatchError> {
        self.changed(acts::pause(&self.context, id, by, reason).await?).await
    }

    /// Resumes a paused batch.
    ///
    /// # Errors
    /// [`BatchError`]
    pub async fn resume(&self, id: BatchId, by: &Caller, reason: &str) -> Result<BatchView, BatchError> {
        let left = shipments(&self.context, id).await?.left();
        let batch = acts::resume(&self.context, id, by, reason, left).await?;
        for shipment in acts::held_by_pause(&self.context, id).await? {
            let retried = self.operator.resolve(&shipment, by.clone(), reason.to_owned(), Outcome::Retry).await;
            if let Err(error) = retried {
                tracing::info!(shipment, %error, "order of resumed batch is tried at its next attempt");
            }
        }
        self.context.queue_wake.up();
        self.changed(batch).await
    }

    /// Cancels rows that are no orders yet, and orders that wait in the queue. Returns at once; the worker cancels.
    ///
    /// # Errors
    /// [`BatchError`]
    pub async fn cancel(&self, id: BatchId, by: &Caller, reason: &str) -> Result<BatchView, BatchError> {
        self.changed(acts::cancel(&self.context, id, by, reason).await?).await
    }

    async fn changed(&self, batch: Batch) -> Result<BatchView, BatchError> {
        self.context.check_wake.up();
        self.context.feed_wake.up();
        Ok(view(&self.context, batch).await?)
    }
}
