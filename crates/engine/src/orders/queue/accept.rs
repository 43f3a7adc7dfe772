//! Acceptance of an order into the queue.

use std::sync::Arc;

use chrono::{NaiveTime, TimeDelta};
use keyferry_domain::ports::{IdempotencyRecord, Reservation, SecretName, StoreError};
use keyferry_domain::{
    AddressBy, BatchId, Caller, Change, Note, OrderDraft, OrderInfo, PhaseName, Queueing, SecretBytes, Shipment,
    ShipmentId, Timestamp,
};

use super::stored_order::StoredOrder;
use crate::context::Context;
use crate::failures::findings;
use crate::orders::completion::Completion;
use crate::orders::error::{CreateError, before_order};
use crate::orders::idempotency::is_abandoned;
use crate::orders::intent::note_unknown_members;
use crate::orders::rules::{check_completion, check_settings};
use crate::recovery::key_hash;

/// Validated order that is sent when it is its turn.
#[derive(Clone, Debug)]
pub struct QueueRequest {
    /// Caller that orders.
    pub caller: Caller,
    /// Order to place. What is missing is filled from the directory when the order is sent.
    pub order: OrderDraft,
    /// What the caller said about the order.
    pub info: OrderInfo,
    /// Batch of the order, and the id that the shipment must have: a repeated row of a batch has the same id.
    pub batch: Option<(BatchId, ShipmentId)>,
    /// Whether the user may have another open order.
    pub additional: bool,
    /// Whether the user may hold a privileged role although the settings refuse such users.
    pub may_be_privileged: bool,
    /// Idempotency key from the caller, and the SHA-256 of the body in hex.
    pub idempotency: Option<(String, String)>,
    /// Descriptions of members of the request that were ignored.
    pub unknown_members: Vec<String>,
}

/// Order in the queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enqueued {
    /// Keyferry's id.
    pub shipment: ShipmentId,
    /// Whether an earlier request with the same idempotency key, or the same row of a batch, queued the order.
    pub replayed: bool,
}

/// Stores the order and its record. Makes no call to the outside.
pub(crate) async fn accept(context: &Arc<Context>, request: QueueRequest) -> Result<Enqueued, CreateError> {
    check_settings(context, &request.order)?;
    check_completion(context, &request.info)?;
    let id = request.batch.map_or_else(|| context.new_id(), |(_, id)| id);
    if let Some(earlier) = reserve(context, &request, id).await? {
        return Ok(Enqueued { shipment: earlier, replayed: true });
    }
    // Its own task, so that a caller that disconnects leaves no order without its record.
    let (task_context, idempotent) = (context.clone(), request.idempotency.is_some());
    let storing = context.tasks.spawn(async move {
        let stored = store(&task_context, id, request).await;
        if stored.is_err()
            && idempotent
            && let Err(error) = task_context.ports.idempotency.release(id).await
        {
            tracing::warn!(shipment = %id, %error, "could not release idempotency key; its next use takes it over");
        }
        stored
    });
    let stored = storing.await.unwrap_or(Err(CreateError::Crashed));
    context.queue_wake.up();
    stored
}

/// Reserves the idempotency key. Returns the shipment of an earlier request with it.
async fn reserve(context: &Context, request: &QueueRequest, id: ShipmentId) -> Result<Option<ShipmentId>, CreateError> {
    let Some((key, body_hash)) = &request.idempotency else { return Ok(None) };
    let record = IdempotencyRecord {
        caller: request.caller.application.clone(),
        key: key.clone(),
        // The same key and body at the other operation is another request.
        body_hash: format!("queue:{body_hash}"),
        shipment: id,
        at: context.now(),
    };
    let first = match context.ports.idempotency.reserve(&record).await? {
        Reservation::Made => return Ok(None),
        Reservation::Taken(first) => first,
    };
    let expired = first.at + context.settings.idempotency_lifetime < record.at;
    if !expired && first.body_hash != record.body_hash {
        return Err(CreateError::IdempotencyKeyReused);
    }
    if !expired && context.ports.shipments.get(first.shipment).await?.is_some() {
        return Ok(Some(first.shipment));
    }
    if (expired || is_abandoned(context, &first).await?)
        && context.ports.idempotency.take_over(first.shipment, &record).await?
    {
        return Ok(None);
    }
    Err(CreateError::IdempotencyKeyInUse)
}

/// Stores the sealed order, then the record. In this sequence, because a record without its order could never be sent.
async fn store(context: &Context, id: ShipmentId, request: QueueRequest) -> Result<Enqueued, CreateError> {
    let QueueRequest { caller, order, mut info, batch, additional, may_be_privileged, idempotency, unknown_members } =
        request;
    info.country = order.mailing_address.as_ref().map(|address| address.country_code_2.clone());
    let now = context.now();
    let asks = asks_person(context, &order, info.address_by);
    let note = note_unknown_members(id, &unknown_members, Note::new(now, waits_for(asks)));
    let queueing = queueing(id, batch.map(|(batch, _)| batch), caller.clone(), &order, info, now);
    let queued = for_person(context, Shipment::queue(queueing, note), asks, now);
    let change = queued.then(|shipment| shipment.raise_late_alarm(context.settings.usual_delivery_days, now));
    let idempotency_key = idempotency.map(|(key, _)| key_hash(&caller.application, &key));
    let stored = StoredOrder::new(id, caller, order, additional, may_be_privileged, idempotency_key);
    let stored = stored.encode().map_err(|_| before_order(findings::secret_not_encoded()))?;
    insert(context, &change, &stored).await
}

/// Returns what a queued order waits for, for the history.
pub(super) fn waits_for(asks_person: bool) -> &'static str {
    match asks_person {
        true => "the order waits for the address, which the person gives",
        false => "the order waits for its turn",
    }
}

/// Plans the mails to the person of a queued order, and has it wait for the address if the person is asked for it.
pub(super) fn for_person(context: &Context, queued: Change, asks_person: bool, now: Timestamp) -> Change {
    let queued = queued.then(|shipment| shipment.with_person_mails(&context.settings.person_mails));
    if !asks_person {
        return queued;
    }
    let until = now + TimeDelta::days(context.settings.address_days.into());
    queued.then(|shipment| shipment.await_address(now, until))
}

/// Returns whether the person must give what the order lacks.
pub(crate) fn asks_person(context: &Context, order: &OrderDraft, by: Option<AddressBy>) -> bool {
    let completion = Completion::of(&context.settings);
    let lacks = order.mailing_address.is_none() || (!completion.directory && order.complete().is_none());
    lacks && completion.asks_person(by)
}

/// Returns what the record of a queued order contains.
pub(super) fn queueing(
    id: ShipmentId,
    batch: Option<BatchId>,
    requested_by: Caller,
    order: &OrderDraft,
    info: OrderInfo,
    now: Timestamp,
) -> Queueing {
    Queueing {
        id,
        requested_by,
        batch,
        product: order.product.clone(),
        pin_length: order.pin_length,
        user: order.user.clone(),
        from: info.not_before.map_or(now, |day| day.and_time(NaiveTime::MIN).and_utc()),
        info,
    }
}

async fn insert(context: &Context, change: &Change, order: &SecretBytes) -> Result<Enqueued, CreateError> {
    let id = change.shipment().id();
    let name = SecretName::of_order(id);
    match context.ports.secrets.put(&name, order).await {
        Ok(()) => {}
        // A row of a batch that was stored before, completely or not.
        Err(StoreError::Exists(_)) if change.shipment().batch().is_some() => {}
        Err(error) => return Err(error.into()),
    }
    let error = match context.ports.shipments.insert(change).await {
        Ok(_) => return Ok(Enqueued { shipment: id, replayed: false }),
        Err(error) => error,
    };
    match context.ports.shipments.get(id).await {
        // Only the store's response was lost, or it is a row of a batch that was queued before.
        Ok(Some(stored)) => {
            if stored.shipment().phase().name() != PhaseName::Queued {
                // Another worker queued the row, and it was sent before this one stored the order again.
                context.drop_queued_order(id).await;
            }
            Ok(Enqueued { shipment: id, replayed: matches!(error, StoreError::Exists(_)) })
        }
        Ok(None) => {
            context.drop_queued_order(id).await;
            Err(error.into())
        }
        Err(_) => Err(error.into()),
    }
}
