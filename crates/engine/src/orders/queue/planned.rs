//! Orders that are fixed before they are queued: the act of which they are a part is committed in between.

use keyferry_domain::ports::{SecretName, StoreError};
use keyferry_domain::{Failure, Note, OrderInfo, Shipment, ShipmentId};

use super::accept::{QueueRequest, asks_person, for_person, queueing, waits_for};
use super::stored_order::StoredOrder;
use crate::context::Context;
use crate::failures::findings;
use crate::orders::error::{CreateError, before_order};
use crate::orders::rules::{check_completion, check_settings};

/// Stores the sealed order of a shipment whose record does not exist yet. Makes no call to the outside.
pub(crate) async fn plan(context: &Context, id: ShipmentId, request: QueueRequest) -> Result<(), CreateError> {
    check_settings(context, &request.order)?;
    check_completion(context, &request.info)?;
    let QueueRequest { caller, order, info, additional, may_be_privileged, .. } = request;
    let country = order.mailing_address.as_ref().map(|address| address.country_code_2.clone());
    let mut stored = StoredOrder::new(id, caller, order, additional, may_be_privileged, None);
    stored.planned = Some(OrderInfo { country, ..info });
    let stored = stored.encode().map_err(|_| before_order(findings::secret_not_encoded()))?;
    Ok(context.ports.secrets.put(&SecretName::of_order(id), &stored).await?)
}

/// Queues a planned order. Can be repeated. The inner error: the sealed order cannot be read.
pub(crate) async fn queue_planned(context: &Context, id: ShipmentId) -> Result<Result<(), Failure>, StoreError> {
    if context.ports.shipments.get(id).await?.is_some() {
        return Ok(Ok(()));
    }
    let gone = |reason: &str| {
        let message = format!("the order of the replacement cannot be read: {reason}");
        Ok(Err(findings::queued_order("order-gone", message)))
    };
    let stored = match context.ports.secrets.get(&SecretName::of_order(id)).await {
        Ok(Some(stored)) => stored,
        Ok(None) => return gone("its sealed order does not exist"),
        Err(StoreError::Broken { reason, .. } | StoreError::Damaged(reason)) => return gone(&reason),
        Err(error) => return Err(error),
    };
    let Some((stored, info)) = StoredOrder::decode_planned(&stored, id) else {
        return gone("its sealed order is damaged, or a newer version of Keyferry wrote it");
    };
    let now = context.now();
    let asks = asks_person(context, &stored.order, info.address_by);
    let queueing = queueing(id, None, stored.requested_by, &stored.order, info, now);
    let queued = for_person(context, Shipment::queue(queueing, Note::new(now, waits_for(asks))), asks, now);
    let change = queued.then(|shipment| shipment.raise_late_alarm(context.settings.usual_delivery_days, now));
    match context.ports.shipments.insert(&change).await {
        Ok(_) | Err(StoreError::Exists(_)) => {}
        Err(error) => return Err(error),
    }
    context.queue_wake.up();
    Ok(Ok(()))
}
