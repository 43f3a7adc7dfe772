//! Recording of an acceptance on the shipment's record.

use std::time::Duration;

use keyferry_domain::ports::{StoreError, Stored, Version};
use keyferry_domain::{Change, DeliveryId, Note, Phased, Shipment, ShipmentId};

use crate::context::Context;

/// Records the acceptance on a record that changed in the meantime: another replica considered the creation
/// abandoned, or a response of the store was lost.
pub(crate) async fn accept_late(
    context: &Context,
    id: ShipmentId,
    delivery_id: &DeliveryId,
    correlation: Option<String>,
) -> Result<(), StoreError> {
    let conflict = || StoreError::Conflict(id.to_string());
    // Each conflict means that another replica wrote the record in between, so a few attempts are enough.
    for _ in 0..5 {
        let Stored { change, version, .. } = context.ports.shipments.get(id).await?.ok_or_else(conflict)?;
        let shipment = change.into_shipment();
        if shipment.phase().delivery_id() == Some(delivery_id) {
            return Ok(());
        }
        let change = acceptance(context, shipment, delivery_id, correlation.clone()).ok_or_else(conflict)?;
        match commit_with_retries(context, &change, &version).await {
            Err(StoreError::Conflict(_)) => {}
            result => return result,
        }
    }
    Err(conflict())
}

/// Commits the change, with retries while the store is unavailable, because the outcome of an order must not be
/// lost.
pub(crate) async fn commit_with_retries(
    context: &Context,
    change: &Change,
    version: &Version,
) -> Result<(), StoreError> {
    for pause in [100, 300, 900, 2700].map(Duration::from_millis) {
        match context.ports.shipments.commit(change, version).await {
            Err(StoreError::Unavailable(_)) => context.ports.clock.sleep(pause).await,
            result => return result.map(drop),
        }
    }
    context.ports.shipments.commit(change, version).await.map(drop)
}

/// Returns the change for the acceptance. `None` if the shipment is neither being submitted nor unconfirmed, and
/// was not cancelled while it was unconfirmed.
pub(crate) fn acceptance(
    context: &Context,
    shipment: Shipment,
    id: &DeliveryId,
    correlation: Option<String>,
) -> Option<Change> {
    let note = Note::new(context.now(), format!("accepted as {id}")).with_correlation(correlation);
    match shipment.phased() {
        Phased::Submitting(it) => Some(it.accept(id.clone(), note)),
        Phased::Unconfirmed(it) => Some(it.accept(id.clone(), note)),
        Phased::Cancelled(it) => it.accept(id.clone(), note),
        _ => None,
    }
}
