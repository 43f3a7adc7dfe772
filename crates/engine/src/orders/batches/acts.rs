//! Changes of a batch's state.

use std::time::Duration;

use keyferry_domain::ports::{RowFilter, ShipmentFilter, ShipmentSort, StoreError, StoredBatch};
use keyferry_domain::{Batch, BatchId, Caller, PhaseName, RowState};

use super::error::BatchError;
use crate::context::Context;
use crate::orders::queue::BATCH_PAUSED;

/// Attempts to change a batch that others change at the same time.
const ATTEMPTS: usize = 10;

/// Pause before the next attempt while a row of the batch is being changed.
const PAUSE: Duration = Duration::from_millis(200);

/// Changes the batch: reads it, and commits what `change` makes of it. Repeats both if it was changed meanwhile.
pub(super) async fn change(
    context: &Context,
    id: BatchId,
    change: impl Fn(Batch) -> Result<Batch, BatchError>,
) -> Result<Batch, BatchError> {
    for _ in 0..ATTEMPTS {
        let found = context.ports.batches.batch(id).await?;
        let StoredBatch { batch, version } = found.ok_or(BatchError::NotFound(id))?;
        if batch.has_row_change(context.now()) {
            context.ports.clock.sleep(PAUSE).await;
            continue;
        }
        let changed = change(batch.clone())?;
        if changed == batch {
            return Ok(batch);
        }
        match context.ports.batches.commit_batch(&changed, &version).await {
            Ok(_) => return Ok(changed),
            Err(StoreError::Conflict(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(BatchError::Busy)
}

/// Starts a check of all rows.
pub(super) async fn check(
    context: &Context,
    id: BatchId,
    by: &Caller,
    may_be_privileged: bool,
) -> Result<Batch, BatchError> {
    let batch = change(context, id, |batch| Ok(batch.begin_check(by.clone(), may_be_privileged, context.now())?));
    let batch = batch.await?;
    tracing::info!(batch = %id, rows = batch.total, caller = %by, "check of batch started");
    Ok(batch)
}

/// Submits a checked batch. `confirmed` is the number of orders that the caller expects.
pub(super) async fn submit(
    context: &Context,
    id: BatchId,
    by: &Caller,
    may_be_privileged: bool,
    confirmed: u32,
) -> Result<Batch, BatchError> {
    for _ in 0..ATTEMPTS {
        let found = context.ports.batches.batch(id).await?;
        let StoredBatch { batch, version } = found.ok_or(BatchError::NotFound(id))?;
        if batch.has_row_change(context.now()) {
            context.ports.clock.sleep(PAUSE).await;
            continue;
        }
        let submitted = batch.submit(by.clone(), may_be_privileged, context.now())?;
        // Counted between reading and committing the batch: a check meanwhile is a conflict.
        match context.ports.batches.row_counts(id).await?.of(RowState::Ready) {
            0 => return Err(BatchError::NothingToOrder),
            ready if ready != confirmed => return Err(BatchError::OtherCount { confirmed, ready }),
            _ => {}
        }
        match context.ports.batches.commit_batch(&submitted, &version).await {
            Ok(_) => {
                tracing::info!(batch = %id, orders = confirmed, caller = %by, "batch submitted");
                return Ok(submitted);
            }
            Err(StoreError::Conflict(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(BatchError::Busy)
}

/// Pauses a submitted batch. Orders that wait in the queue are not sent, either.
pub(super) async fn pause(context: &Context, id: BatchId, by: &Caller, reason: &str) -> Result<Batch, BatchError> {
    let batch = change(context, id, |batch| Ok(batch.pause(by.clone(), reason.to_owned(), context.now())?));
    let batch = batch.await?;
    tracing::info!(batch = %id, caller = %by, "batch paused");
    Ok(batch)
}

/// Records that the batch is resumed. `left` is the number of orders that have left.
pub(super) async fn resume(
    context: &Context,
    id: BatchId,
    by: &Caller,
    reason: &str,
    left: u32,
) -> Result<Batch, BatchError> {
    let batch = change(context, id, |batch| Ok(batch.resume(by.clone(), reason.to_owned(), left, context.now())?));
    let batch = batch.await?;
    tracing::info!(batch = %id, caller = %by, "batch resumed");
    Ok(batch)
}

/// Records that what has not left is cancelled. The worker does it.
pub(super) async fn cancel(context: &Context, id: BatchId, by: &Caller, reason: &str) -> Result<Batch, BatchError> {
    let batch = change(context, id, |batch| Ok(batch.cancel(by.clone(), reason.to_owned(), context.now())?));
    let batch = batch.await?;
    tracing::info!(batch = %id, caller = %by, "cancellation of batch started");
    Ok(batch)
}

/// Returns the shipments of the batch that wait in the queue because it was paused.
pub(super) async fn held_by_pause(context: &Context, id: BatchId) -> Result<Vec<String>, StoreError> {
    let filter = ShipmentFilter {
        batch: Some(id),
        codes: vec![BATCH_PAUSED.to_owned()],
        ..ShipmentFilter::phases(&[PhaseName::Queued])
    };
    let (mut held, mut after) = (Vec::new(), None);
    loop {
        let page = context.ports.shipments.query(&filter, ShipmentSort::Id, after.as_ref(), 100).await?;
        held.extend(page.items.into_iter().map(|summary| summary.id.to_string()));
        after = page.next;
        if after.is_none() {
            return Ok(held);
        }
    }
}

/// Returns whether the batch has rows in this state.
pub(super) async fn has_rows(context: &Context, id: BatchId, state: RowState) -> Result<bool, StoreError> {
    let filter = RowFilter { states: vec![state], ..RowFilter::default() };
    Ok(!context.ports.batches.rows(id, &filter, 0, 1).await?.is_empty())
}
