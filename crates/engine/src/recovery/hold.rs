//! Stop of ordering while an accepted order is not recorded.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use keyferry_domain::ports::StoreError;
use keyferry_domain::{DeliveryId, PhaseName, ShipmentId};

use super::record::accept_late;
use crate::context::Context;

/// Longest pause between two attempts to record.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Accepted order whose acceptance is not in its record.
#[derive(Clone, Debug)]
pub(crate) struct Unrecorded {
    /// Delivery service's id.
    pub(crate) delivery_id: DeliveryId,
    /// `client-request-id` of the order's call.
    pub(crate) correlation: Option<String>,
}

/// Whether ordering is stopped, and what is missing in the database.
#[derive(Default)]
pub(crate) struct OrderingHold(Mutex<State>);

#[derive(Default)]
struct State {
    reason: Option<String>,
    unrecorded: BTreeMap<ShipmentId, Unrecorded>,
}

impl OrderingHold {
    /// Stops ordering. Returns whether it was not stopped before.
    pub(crate) fn stop(&self, reason: String, missing: Option<(ShipmentId, Unrecorded)>) -> bool {
        let mut state = self.state();
        state.unrecorded.extend(missing);
        let is_new = state.reason.is_none();
        state.reason.get_or_insert(reason);
        is_new
    }

    /// Returns why ordering is stopped, if it is.
    pub(crate) fn reason(&self) -> Option<String> {
        self.state().reason.clone()
    }

    /// Returns whether the shipment's acceptance is still to be recorded.
    pub(crate) fn is_unrecorded(&self, id: ShipmentId) -> bool {
        self.state().unrecorded.contains_key(&id)
    }

    fn unrecorded(&self) -> BTreeMap<ShipmentId, Unrecorded> {
        self.state().unrecorded.clone()
    }

    fn recorded(&self, id: ShipmentId) {
        self.state().unrecorded.remove(&id);
    }

    /// Resumes ordering if nothing is left to record.
    fn resume(&self) -> bool {
        let mut state = self.state();
        if state.unrecorded.is_empty() {
            state.reason = None;
        }
        state.reason.is_none()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

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
    for (id, Unrecorded { delivery_id, correlation }) in context.ordering.unrecorded() {
        match accept_late(context, id, &delivery_id, correlation).await {
            Ok(()) => {
                tracing::info!(shipment = %id, %delivery_id, "recorded accepted order after the store failed");
                context.ordering.recorded(id);
            }
            Err(StoreError::Conflict(_)) => drop_if_settled(context, id, &delivery_id).await?,
            Err(error) => return Err(error),
        }
    }
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
