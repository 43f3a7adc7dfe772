//! Rows of a batch with what became of them.

use futures::{StreamExt as _, TryStreamExt as _, stream};
use keyferry_domain::ports::{RowFilter, StoreError};
use keyferry_domain::{BatchId, BatchRow, Product, RowOrder, RowState, Shipment};

use crate::context::Context;

/// Shipments that are read at once.
const CONCURRENCY: usize = 16;

/// Rows whose orders are read at once.
const PAGE: u32 = 500;

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

/// Counts the keys of the rows that will be ordered, by product. Reads their orders.
pub(super) async fn keys(context: &Context, batch: BatchId) -> Result<Vec<(Product, u32)>, StoreError> {
    let filter = RowFilter { states: vec![RowState::Ready], orders: true, ..RowFilter::default() };
    let (mut keys, mut after): (Vec<(Product, u32)>, _) = (Vec::new(), 0);
    loop {
        let rows = context.ports.batches.rows(batch, &filter, after, PAGE).await?;
        for order in rows.iter().filter_map(|row| row.order.as_ref().and_then(RowOrder::decode)) {
            let product = order.order.product;
            match keys.iter_mut().find(|(known, _)| *known == product) {
                Some((_, count)) => *count += 1,
                None => keys.push((product, 1)),
            }
        }
        match rows.last() {
            Some(last) if rows.len() == PAGE as usize => after = last.row.row,
            _ => return Ok(keys),
        }
    }
}
