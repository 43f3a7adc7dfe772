//! Recording of accepted orders after the store failed, and end of the stop of ordering.

use std::sync::Arc;
use std::time::Duration;

use keyferry_domain::ports::StoreError;
use keyferry_domain::{DeliveryId, PhaseName, ShipmentId};

use super::hold::Unrecorded;
use super::record::accept_late;
use crate::context::Context;

/// Longest pause between two attempts to record.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Tries to record accepted orders until all are recorded and the store proves a write, then resumes ordering. Runs in
/// its own task until shutdown, which it does not delay.
pub(crate) fn resume_when_recorded(context: &Arc<Context>) {
    let context = context.clone();
    tokio::spawn(async move {
        let mut pause = Duration::from_secs(1);
        loop {
            tokio::select! {
                biased;
                () = context.stopping.cancelled() => break,
                () = context.ports.clock.sleep(pause) => {}
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
            match record_all(&context).await {
                Ok(()) if context.ordering.resume() => {
                    tracing::info!("store accepts writes again and all accepted orders are recorded; ordering resumed");
                    return;
                }
                Ok(()) => {}
                Err(error) => tracing::debug!(%error, "store does not accept writes yet; ordering remains stopped"),
            }
        }
        for (shipment, Unrecorded { delivery_id, .. }) in context.ordering.unrecorded() {
            tracing::error!(%shipment, %delivery_id, remedy = "The next start records it from the journal.",
                "shutting down with an accepted order that is not recorded");
        }
    });
}

async fn record_all(context: &Arc<Context>) -> Result<(), StoreError> {
    let mut first_error = None;
    for (id, Unrecorded { delivery_id, correlation }) in context.ordering.unrecorded() {
        let recorded = match accept_late(context, id, &delivery_id, correlation).await {
            Ok(()) => {
                tracing::info!(shipment = %id, %delivery_id, "recorded accepted order late");
                context.ordering.recorded(id);
                Ok(())
            }
            Err(StoreError::Conflict(_)) => drop_if_settled(context, id, &delivery_id).await,
            Err(error) => Err(error),
        };
        // A record that cannot be written must not keep the others from being recorded.
        first_error = first_error.or(recorded.err());
    }
    first_error.map_or(Ok(()), Err)?;
    context.ledger.flush().await?;
    context.ports.shipments.prove_write().await
}

/// Gives up if an operator settled the shipment in another way meanwhile.
async fn drop_if_settled(context: &Context, id: ShipmentId, delivery_id: &DeliveryId) -> Result<(), StoreError> {
    let Some(stored) = context.ports.shipments.get(id).await? else {
        return Err(StoreError::Unavailable(format!("the record of shipment {id} is missing")));
    };
    let phase = stored.shipment().phase().name();
    if !matches!(phase, PhaseName::Submitting | PhaseName::Unconfirmed) {
        tracing::error!(shipment = %id, %delivery_id, phase = phase.as_str(),
            remedy = "Compare the shipment with the delivery service's console.",
            "accepted order was settled otherwise before its acceptance could be recorded");
        context.ordering.recorded(id);
    }
    Ok(())
}
