//! Record of requests that a limit refused.

use std::time::Duration;

use keyferry_domain::ports::{StoreError, Stored};
use keyferry_domain::{Caller, Note};

use crate::context::Context;

/// Shortest time between two of these events of one shipment, so that a flood of requests does not fill its history.
const QUIET: Duration = Duration::from_secs(3600);

/// Adds the refusal to the history, unless another one is recent or the shipment is being processed. The refusal is
/// also in log and metrics, so a run must not be disturbed for it.
pub(super) async fn record(context: &Context, id: &str, by: Caller, limit: &str) -> Result<(), StoreError> {
    let now = context.now();
    let Some(Stored { change, version, claim }) = context.look_up(id).await? else { return Ok(()) };
    if claim.is_some_and(|claim| claim.is_valid(now, context.settings.claim)) {
        return Ok(());
    }
    let detail = format!("a request to send the PIN was refused: {limit}");
    let change = change.then(|shipment| shipment.limit_reached(by, Note::new(now, detail), QUIET));
    if change.events().is_empty() {
        return Ok(());
    }
    match context.ports.shipments.commit(&change, &version).await {
        Ok(_) | Err(StoreError::Conflict(_)) => Ok(()),
        Err(error) => Err(error),
    }
}
