//! Idempotency keys: repeated requests with the same key and body get the same response, and create one shipment.
//!
//! Only the reservation is stored. The response is built from the shipment's record, so that a crash cannot make the
//! two differ.

use std::time::Duration;

use keyferry_domain::ports::{Acceptance, IdempotencyRecord, Reservation, is_held};
use keyferry_domain::{Phase, ShipmentId, time_text};

use super::error::CreateError;
use super::progress::Stage;
use super::request::{CreateRequest, Created};
use crate::context::Context;

/// Result of the reservation for a request.
pub(super) enum Idempotency {
    /// Create the order: the key is reserved for this request, or the request has none.
    Free,
    /// Return this response to the earlier request.
    Answer(Result<Created, CreateError>),
}

pub(super) async fn reserve(
    context: &Context,
    request: &CreateRequest,
    id: ShipmentId,
    stage: &Stage,
) -> Result<Idempotency, CreateError> {
    let Some((key, body_hash)) = &request.idempotency else {
        return Ok(Idempotency::Free);
    };
    let mut record = IdempotencyRecord {
        caller: request.caller.application.clone(),
        key: key.clone(),
        body_hash: body_hash.clone(),
        shipment: id,
        at: context.now(),
    };
    // Shorter than the time budget, so that the caller receives "in use" and not "timed out".
    let deadline = context.now() + context.settings.create_budget * 9 / 10;
    loop {
        let first = match context.ports.idempotency.reserve(&record).await? {
            Reservation::Made => return free(context, request, key, id, stage).await,
            Reservation::Taken(first) => first,
        };
        record.at = context.now();
        if first.at + context.settings.idempotency_lifetime < record.at {
            // The key has expired, but clean-up has not deleted it yet.
            if context.ports.idempotency.take_over(first.shipment, &record).await? {
                return free(context, request, key, id, stage).await;
            }
            // Another request took the key over first. Read the new reservation.
            continue;
        }
        if first.body_hash != *body_hash {
            return Ok(Idempotency::Answer(Err(CreateError::IdempotencyKeyReused)));
        }
        stage.wait_for(first.shipment);
        if let Some(answer) = earlier_answer(context, first.shipment).await? {
            return Ok(Idempotency::Answer(answer));
        }
        if is_abandoned(context, &first).await? && context.ports.idempotency.take_over(first.shipment, &record).await? {
            return free(context, request, key, id, stage).await;
        }
        if record.at >= deadline {
            return Ok(Idempotency::Answer(Err(CreateError::IdempotencyKeyInUse)));
        }
        context.ports.clock.sleep(Duration::from_millis(100)).await;
    }
}

/// Returns the result for a key that is reserved for this request, unless the journal has an order of the key.
async fn free(
    context: &Context,
    request: &CreateRequest,
    key: &str,
    id: ShipmentId,
    stage: &Stage,
) -> Result<Idempotency, CreateError> {
    if let Some(answer) = lost_answer(context, request, key, id).await? {
        return Ok(Idempotency::Answer(answer));
    }
    stage.resume();
    Ok(Idempotency::Free)
}

/// Returns the response for a key of which the database knows no order, but the journal: the database was restored from
/// a backup, and the key's order was accepted after the backup.
async fn lost_answer(
    context: &Context,
    request: &CreateRequest,
    key: &str,
    id: ShipmentId,
) -> Result<Option<Result<Created, CreateError>>, CreateError> {
    let Some(Acceptance { shipment, delivery_id, at, .. }) =
        context.ledger.accepted_for(&request.caller.application, key)
    else {
        return Ok(None);
    };
    if at + context.settings.idempotency_lifetime < context.now() {
        return Ok(None);
    }
    context.ports.idempotency.release(id).await?;
    if let Some(answer) = earlier_answer(context, shipment).await? {
        return Ok(Some(answer));
    }
    let reason = format!(
        "The order of this Idempotency-Key was accepted as {delivery_id} at {}, but its record is missing: the \
         database was restored from a backup. A key may be on its way. Look for the order in the delivery service's \
         console before you order again with another key.",
        time_text(at)
    );
    Ok(Some(Err(CreateError::Unconfirmed { shipment, reason, failure: None, correlation: None, replayed: true })))
}

/// Returns whether the first request ended without placing an order.
pub(super) async fn is_abandoned(context: &Context, first: &IdempotencyRecord) -> Result<bool, CreateError> {
    if context.is_creating(first.shipment) {
        return Ok(false);
    }
    Ok(match context.ports.shipments.get(first.shipment).await? {
        // Also if the reservation is of a time to come: the clock of the process that made it was wrong.
        None => {
            let life = context.settings.submitting_claim;
            !is_held(first.at + life, context.now(), life)
        }
        Some(stored) => matches!(stored.shipment().phase(), Phase::Refused(_)),
    })
}

/// Returns the response to the first request. `None` while that request is in progress.
async fn earlier_answer(
    context: &Context,
    id: ShipmentId,
) -> Result<Option<Result<Created, CreateError>>, CreateError> {
    let Some(stored) = context.ports.shipments.get(id).await? else {
        return Ok(None);
    };
    if let Some(delivery_id) = stored.shipment().phase().delivery_id() {
        return Ok(Some(Ok(Created { shipment: id, delivery_id: delivery_id.clone(), replayed: true })));
    }
    let (reason, correlation) = match stored.shipment().phase() {
        // A refused order releases its key, so that a corrected request can use it.
        Phase::Refused(_) => return Ok(None),
        Phase::Submitting(submitting)
            if is_held(submitting.until, context.now(), context.settings.submitting_claim)
                || context.is_creating(id) =>
        {
            return Ok(None);
        }
        Phase::Unconfirmed(unconfirmed) => (unconfirmed.reason.clone(), unconfirmed.correlation.clone()),
        _ => ("The response to the order was lost. A key may be on its way.".to_owned(), None),
    };
    Ok(Some(Err(CreateError::Unconfirmed { shipment: id, reason, failure: None, correlation, replayed: true })))
}
