//! Feeding: the rows of a submitted batch become queued orders, few at a time.

use std::sync::Arc;

use chrono::{NaiveDate, TimeDelta};
use keyferry_domain::ports::{MOST_ROWS, RowFilter, ShipmentFilter, ShipmentSort, StoreError, TimeRange};
use keyferry_domain::{
    Batch, BatchId, BatchRow, BatchState, NewRow, PhaseName, RowFinding, RowOrder, RowState, SendRun, Severity,
};

use super::acts::{change, has_rows};
use super::error::BatchError;
use super::upload::unreadable_order;
use crate::context::Context;
use crate::orders::error::CreateError;
use crate::orders::queue::{QueueRequest, accept};

/// Orders of a batch that wait in the queue at once. Few, because each is a secret of its own; enough that the queue
/// has work until the next look.
const AHEAD: u32 = 50;

/// Result of a look at a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fed {
    /// Rows became orders.
    Some,
    /// The queue has enough of them.
    Full,
    /// No row is left, or the rest is for a later day.
    Nothing,
}

/// Feeds the next rows of the batch, and finishes it after the last one.
pub(super) async fn feed(context: &Arc<Context>, batch: &Batch) -> Result<Fed, BatchError> {
    let BatchState::Submitted(run) = &batch.state else { return Ok(Fed::Nothing) };
    let room = AHEAD.saturating_sub(waiting(context, batch.id).await?);
    if room == 0 {
        return Ok(Fed::Full);
    }
    let today = context.now().date_naive();
    // Rows that were for later are read again from the first one on.
    let is_due = run.later.is_some_and(|later| later <= today);
    let after = if is_due { 0 } else { run.after };
    let filter = RowFilter { states: vec![RowState::Ready], orders: true, ..RowFilter::default() };
    let rows = context.ports.batches.rows(batch.id, &filter, after, room).await?;
    let Some(last) = rows.last().map(|row| row.row.row) else {
        return finish(context, batch, run, is_due).await;
    };
    let (mut fed, mut later) = (Vec::new(), run.later.filter(|_| !is_due));
    let mut failed = None;
    for row in rows {
        match queue(context, batch.id, run, row, today).await {
            Ok(Queued::Row(row)) => fed.push(*row),
            Ok(Queued::Later(day)) => later = Some(later.map_or(day, |earlier| earlier.min(day))),
            Err(error) => {
                failed = Some(error);
                break;
            }
        }
    }
    for some in fed.chunks(MOST_ROWS) {
        context.ports.batches.update_rows(batch.id, some).await?;
    }
    if let Some(error) = failed {
        return Err(error);
    }
    remember(context, batch.id, run, last, later).await?;
    Ok(if fed.is_empty() { Fed::Nothing } else { Fed::Some })
}

/// Returns the number of orders of the batch that are due in the queue. Orders with an obstacle, and those for a later
/// day, do not hold the others.
async fn waiting(context: &Context, batch: BatchId) -> Result<u32, BatchError> {
    let due = TimeRange::before(context.now() + TimeDelta::microseconds(1));
    let filter =
        ShipmentFilter { batch: Some(batch), next_attempt: due, ..ShipmentFilter::phases(&[PhaseName::Queued]) };
    let page = context.ports.shipments.query(&filter, ShipmentSort::NextAttempt, None, AHEAD).await?;
    Ok(u32::try_from(page.items.len() + page.broken.len()).unwrap_or(AHEAD))
}

enum Queued {
    /// The row with its new state.
    Row(Box<BatchRow>),
    /// The row's order may be sent from this day on.
    Later(NaiveDate),
}

async fn queue(
    context: &Arc<Context>,
    batch: BatchId,
    run: &SendRun,
    row: NewRow,
    today: NaiveDate,
) -> Result<Queued, BatchError> {
    let NewRow { mut row, order } = row;
    match context.ports.shipments.get(row.shipment).await {
        Ok(None) => {}
        // Fed before, but the process died before it recorded that. A record that cannot be read is an order, too.
        Ok(Some(_)) | Err(StoreError::Broken { .. }) => {
            row.state = RowState::Queued;
            return Ok(Queued::Row(Box::new(row)));
        }
        Err(error) => return Err(error.into()),
    }
    let Some(RowOrder { order, mut info, additional }) = order.as_ref().and_then(RowOrder::decode) else {
        row.state = RowState::Refused;
        row.checked.push(unreadable_order());
        return Ok(Queued::Row(Box::new(row)));
    };
    if let Some(day) = info.not_before.filter(|day| *day > today) {
        return Ok(Queued::Later(day));
    }
    info.row = Some(row.key.clone().unwrap_or_else(|| row.row.to_string()));
    let request = QueueRequest {
        caller: run.by.clone(),
        order,
        info,
        batch: Some((batch, row.shipment)),
        additional,
        may_be_privileged: run.may_be_privileged,
        idempotency: None,
        unknown_members: Vec::new(),
    };
    match accept(context, request).await {
        Ok(_) => row.state = RowState::Queued,
        Err(CreateError::Store(error)) => return Err(error.into()),
        Err(CreateError::Crashed) => return Err(BatchError::Busy),
        Err(error) => {
            row.state = RowState::Refused;
            row.checked.push(refused(&error));
            tracing::warn!(%batch, row = row.row, %error, "row of batch was not accepted as an order");
        }
    }
    Ok(Queued::Row(Box::new(row)))
}

fn refused(error: &CreateError) -> RowFinding {
    RowFinding {
        severity: Severity::Error,
        code: "refused".to_owned(),
        member: None,
        message: format!("The row was not ordered: {error}"),
        remedy: "Correct the row, and upload it in a new batch.".to_owned(),
    }
}

/// Stores how far the rows were fed.
async fn remember(
    context: &Context,
    batch: BatchId,
    run: &SendRun,
    last: u32,
    later: Option<NaiveDate>,
) -> Result<(), BatchError> {
    change(context, batch, |mut batch| {
        if let BatchState::Submitted(now) | BatchState::Paused(now) = &mut batch.state
            && now.submitted_at == run.submitted_at
        {
            (now.after, now.later) = (last, later);
        }
        Ok(batch)
    })
    .await?;
    Ok(())
}

/// Ends the batch if no row is left and no order waits.
async fn finish(context: &Context, batch: &Batch, run: &SendRun, is_due: bool) -> Result<Fed, BatchError> {
    let id = batch.id;
    if is_due {
        remember(context, id, run, 0, None).await?;
        return Ok(Fed::Some);
    }
    if has_rows(context, id, RowState::Ready).await? {
        if run.later.is_none() {
            // A row before the last one was left out, for example because the store failed.
            remember(context, id, run, 0, None).await?;
        }
        return Ok(Fed::Nothing);
    }
    let filter =
        ShipmentFilter { batch: Some(id), ..ShipmentFilter::phases(&[PhaseName::Queued, PhaseName::Submitting]) };
    let page = context.ports.shipments.query(&filter, ShipmentSort::Id, None, 1).await?;
    if page.items.is_empty() && page.broken.is_empty() && page.next.is_none() {
        // Before the commit: a process that dies in between works on the batch again, but never on a finished one.
        context.ports.batches.drop_orders(id).await?;
        change(context, id, |batch| match batch.state {
            BatchState::Submitted(_) => Ok(batch.finish(context.now())?),
            _ => Ok(batch),
        })
        .await?;
        tracing::info!(batch = %id, "batch finished: all orders have left");
    }
    Ok(Fed::Nothing)
}
