//! Orders that must wait, because of their batch.

use keyferry_domain::ports::StoreError;
use keyferry_domain::{BatchState, Failure, Shipment};

use crate::context::Context;
use crate::failures::findings;

/// Code of the obstacle of orders whose batch is paused.
pub(crate) const BATCH_PAUSED: &str = "batch-paused";

/// Returns why the batch of the order does not permit that it is sent.
pub(super) async fn held_by_batch(context: &Context, shipment: &Shipment) -> Result<Option<Failure>, StoreError> {
    let Some(id) = shipment.batch() else { return Ok(None) };
    let failure = match context.ports.batches.batch(id).await? {
        None => findings::queued_order("batch-gone", format!("its batch {id} does not exist any more")),
        Some(stored) => match stored.batch.state {
            BatchState::Submitted(_) | BatchState::Finished { .. } => return Ok(None),
            BatchState::Paused(_) => findings::queued_order(BATCH_PAUSED, format!("its batch {id} is paused")),
            state => findings::queued_order("batch-cancelled", format!("its batch {id} is {}", state.name())),
        },
    };
    Ok(Some(failure))
}
