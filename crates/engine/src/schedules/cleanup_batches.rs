//! Clean-up of batches: uploads that broke off, batches that were never submitted, and old ones.

use std::time::Duration;

use keyferry_domain::ports::{ShipmentFilter, ShipmentSort, StoreError, StoredBatch};
use keyferry_domain::{Batch, BatchState, BatchStateName, Timestamp};

use crate::context::Context;

/// Time after its start at which an upload has broken off.
const UPLOAD: Duration = Duration::from_secs(3600);

/// Time without an act after which a batch that was never submitted is deleted. Its rows contain addresses.
const NOT_SUBMITTED: Duration = Duration::from_secs(30 * 24 * 3600);

/// States in which a batch may be deleted. In the others, rows are being checked or ordered, or are to be.
const STATES: [BatchStateName; 5] = [
    BatchStateName::Uploading,
    BatchStateName::Draft,
    BatchStateName::Checked,
    BatchStateName::Finished,
    BatchStateName::Cancelled,
];

/// Batches that are read at once.
const PAGE: u32 = 50;

/// Clean-up of batches.
pub(super) struct CleanUpBatches<'a>(pub(super) &'a Context);

impl CleanUpBatches<'_> {
    /// Deletes old batches, and returns their number. `cutoff` is the time before which finished shipments are deleted;
    /// `None` keeps finished batches, too.
    pub(super) async fn run(&self, now: Timestamp, cutoff: Option<Timestamp>) -> Result<usize, StoreError> {
        let (mut deleted, mut after) = (0, None);
        loop {
            let page = self.0.ports.batches.batches(&STATES, after.as_ref(), PAGE).await?;
            for stored in page.items {
                deleted += usize::from(self.delete_if_old(&stored, now, cutoff).await?);
            }
            after = page.next;
            if after.is_none() {
                return Ok(deleted);
            }
        }
    }

    async fn delete_if_old(
        &self,
        stored: &StoredBatch,
        now: Timestamp,
        cutoff: Option<Timestamp>,
    ) -> Result<bool, StoreError> {
        let batch = &stored.batch;
        let is_old = match &batch.state {
            BatchState::Uploading => batch.created_at + UPLOAD < now && self.claim(stored).await?,
            BatchState::Draft | BatchState::Checked { .. } => {
                let last = batch.acts.last().map_or(batch.created_at, |act| act.at);
                last + NOT_SUBMITTED < now && self.claim(stored).await?
            }
            BatchState::Finished { at } | BatchState::Cancelled { at } => {
                cutoff.is_some_and(|before| *at < before) && !self.has_shipments(batch).await?
            }
            BatchState::Checking(_)
            | BatchState::Submitted(_)
            | BatchState::Paused(_)
            | BatchState::Cancelling { .. } => false,
        };
        if is_old {
            self.0.ports.batches.delete_batch(batch.id).await?;
            let (state, rows) = (batch.state.name(), batch.total);
            tracing::info!(batch = %batch.id, %state, rows, "deleted old batch");
        }
        Ok(is_old)
    }

    /// Makes the batch an upload that broke off, unless it was changed since it was read: it can be neither checked nor
    /// submitted while its rows are being deleted, and the next clean-up deletes it if this one does not.
    async fn claim(&self, stored: &StoredBatch) -> Result<bool, StoreError> {
        let batch = Batch { state: BatchState::Uploading, ..stored.batch.clone() };
        match self.0.ports.batches.commit_batch(&batch, &stored.version).await {
            Ok(_) => Ok(true),
            Err(StoreError::Conflict(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Returns whether records of shipments of the batch exist. Its rows show what became of them.
    async fn has_shipments(&self, batch: &Batch) -> Result<bool, StoreError> {
        let filter = ShipmentFilter { batch: Some(batch.id), ..ShipmentFilter::default() };
        let mut after = None;
        loop {
            let page = self.0.ports.shipments.query(&filter, ShipmentSort::Id, after.as_ref(), 1).await?;
            if !page.items.is_empty() || !page.broken.is_empty() {
                return Ok(true);
            }
            after = page.next;
            if after.is_none() {
                return Ok(false);
            }
        }
    }
}
