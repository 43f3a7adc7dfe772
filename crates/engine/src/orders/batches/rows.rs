//! Rows of a batch with what became of them.

use futures::{StreamExt as _, TryStreamExt as _, stream};
use keyferry_domain::ports::{RowFilter, StoreError};
use keyferry_domain::{BatchId, BatchRow, RowState, Shipment};

use crate::context::Context;

/// Shipments that are read at once.
const CONCURRENCY: usize = 16;

/// Row with its shipment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResultRow {
    /// The row.
    pub row: BatchRow,
    /// Its shipment. `None` if it is no order yet, or if its record was deleted or cannot be read.
    pub shipment: Option<Shipment>,
}

/// Returns up to `limit` rows with a number greater than `after`. Fewer than `limit` means that there are no more.
pub(super) async fn rows(
    context: &Context,
    batch: BatchId,
    filter: &RowFilter,
    after: u32,
    limit: u32,
) -> Result<Vec<ResultRow>, StoreError> {
    let rows = context.ports.batches.rows(batch, filter, after, limit).await?;
    let with_shipments = stream::iter(rows).map(|row| with_shipment(context, row.row)).buffered(CONCURRENCY);
    with_shipments.try_collect().await
}

async fn with_shipment(context: &Context, row: BatchRow) -> Result<ResultRow, StoreError> {
    if row.state != RowState::Queued {
        return Ok(ResultRow { row, shipment: None });
    }
    match context.ports.shipments.get(row.shipment).await {
        Ok(stored) => Ok(ResultRow { row, shipment: stored.map(|stored| stored.change.into_shipment()) }),
        Err(StoreError::Broken { .. }) => Ok(ResultRow { row, shipment: None }),
        Err(error) => Err(error),
    }
}
