//! Cancellation of what has not left.

use std::sync::Arc;

use futures::{StreamExt as _, TryStreamExt as _, stream};
use keyferry_domain::ports::{MOST_ROWS, RowFilter, ShipmentFilter, ShipmentSort, StoreError};
use keyferry_domain::{Batch, BatchRow, BatchState, NewRow, PhaseName, RowState};

use super::acts::change;
use super::error::BatchError;
use crate::context::Context;
use crate::operator::{CancelError, Operator};

/// Shipments that are read at once.
const CONCURRENCY: usize = 16;

/// Cancels rows that are no orders yet, then orders that wait in the queue. Returns whether there is more to do.
pub(super) async fn settle(context: &Arc<Context>, operator: &Operator, batch: &Batch) -> Result<bool, BatchError> {
    let BatchState::Cancelling { by, reason, .. } = &batch.state else { return Ok(false) };
    let ready = RowFilter { states: vec![RowState::Ready], ..RowFilter::default() };
    let limit = u32::try_from(MOST_ROWS).unwrap_or(1);
    let mut after = 0;
    loop {
        let rows = context.ports.batches.rows(batch.id, &ready, after, limit).await?;
        after = match rows.last() {
            Some(last) => last.row.row,
            None if after == 0 => break,
            // Looks once more for rows that became ready meanwhile.
            None => 0,
        };
        let cancelled = stream::iter(rows).map(|row| cancelled(context, row)).buffered(CONCURRENCY);
        let cancelled: Vec<_> = cancelled.try_collect().await?;
        context.ports.batches.update_rows(batch.id, &cancelled).await?;
    }
    let waiting =
        ShipmentFilter { batch: Some(batch.id), ..ShipmentFilter::phases(&[PhaseName::Queued, PhaseName::Submitting]) };
    let page = context.ports.shipments.query(&waiting, ShipmentSort::Id, None, limit).await?;
    let mut left = page.next.is_some() || !page.broken.is_empty();
    for summary in page.items {
        match operator.cancel_waiting(&summary.id.to_string(), by.clone(), reason).await {
            Ok(()) | Err(CancelError::NotFound(_)) => {}
            // An order that is being sent leaves, or returns to the queue.
            Err(CancelError::Busy(_) | CancelError::WrongPhase { .. }) => left = true,
            Err(CancelError::Store(error)) => return Err(error.into()),
        }
    }
    if left {
        return Ok(true);
    }
    // Before the commit: a process that dies in between works on the batch again, but never on a cancelled one.
    context.ports.batches.drop_orders(batch.id).await?;
    change(context, batch.id, |batch| match batch.state {
        BatchState::Cancelling { .. } => Ok(batch.cancelled(context.now())?),
        _ => Ok(batch),
    })
    .await?;
    tracing::info!(batch = %batch.id, "batch cancelled");
    Ok(false)
}

/// Returns the row with its state after the cancellation.
async fn cancelled(context: &Context, NewRow { mut row, .. }: NewRow) -> Result<BatchRow, StoreError> {
    // Fed before, but the process died before it recorded that.
    let is_order = match context.ports.shipments.get(row.shipment).await {
        Ok(found) => found.is_some(),
        // A record that cannot be read is an order.
        Err(StoreError::Broken { .. }) => true,
        Err(error) => return Err(error),
    };
    row.state = if is_order { RowState::Queued } else { RowState::Cancelled };
    Ok(row)
}
