//! The same key and body: the same answer and one shipment.
//!
//! Only the reservation is kept. The answer is told from the shipment's record, so a crash between the two cannot make
//! them disagree.

use std::time::Duration;

use keyferry_domain::ports::{IdempotencyRecord, Reservation};
use keyferry_domain::{Phase, ShipmentId};

use super::error::CreateError;
use super::progress::Stage;
use super::request::{CreateRequest, Created};
use crate::context::Context;

/// What the key says about a request.
pub(super) enum Idempotency {
    /// Go on: the key is ours, or there is none.
    Free,
    /// It was done before.
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
        caller: request.caller.clone(),
        key: key.clone(),
        body_hash: body_hash.clone(),
        shipment: id,
        at: context.now(),
    };
    // Shorter than the caller's patience, so that the answer is "in use" and not "timed out".
    let patience = context.now() + context.settings.create_budget * 9 / 10;
    loop {
        let first = match context.ports.idempotency.reserve(&record).await? {
            Reservation::Made => {
                stage.goes_on();
                return Ok(Idempotency::Free);
            }
            Reservation::Taken(first) => first,
        };
        record.at = context.now();
        if first.at + context.settings.idempotency_lifetime < record.at {
            // Forgotten, only not swept yet.
            if context.ports.idempotency.take_over(first.shipment, &record).await? {
                stage.goes_on();
                return Ok(Idempotency::Free);
            }
            continue;
        }
        if first.body_hash != *body_hash {
            return Ok(Idempotency::Answer(Err(CreateError::IdempotencyKeyReused)));
        }
        stage.waits_for(first.shipment);
        if let Some(answer) = earlier_answer(context, first.shipment).await? {
            return Ok(Idempotency::Answer(answer));
        }
        if is_abandoned(context, &first).await? && context.ports.idempotency.take_over(first.shipment, &record).await? {
            stage.goes_on();
            return Ok(Idempotency::Free);
        }
        if record.at >= patience {
            return Ok(Idempotency::Answer(Err(CreateError::IdempotencyKeyInUse)));
        }
        context.ports.clock.sleep(Duration::from_millis(100)).await;
    }
}

/// Whether the first request certainly ordered nothing and nobody is at it any more.
async fn is_abandoned(context: &Context, first: &IdempotencyRecord) -> Result<bool, CreateError> {
    if context.is_creating(first.shipment) {
        return Ok(false);
    }
    Ok(match context.ports.shipments.get(first.shipment).await? {
        None => first.at + context.settings.submitting_claim < context.now(),
        Some(stored) => matches!(stored.shipment().phase(), Phase::Refused(_)),
    })
}

/// The answer that the first request got, or `None` while it is under way.
async fn earlier_answer(
    context: &Context,
    id: ShipmentId,
) -> Result<Option<Result<Created, CreateError>>, CreateError> {
    let Some(stored) = context.ports.shipments.get(id).await? else {
        return Ok(None);
    };
    if let Some(delivery_id) = stored.shipment().phase().delivery_id() {
        return Ok(Some(Ok(Created { shipment: id, delivery_id: delivery_id.clone() })));
    }
    let (reason, correlation) = match stored.shipment().phase() {
        // A refusal frees its key.
        Phase::Refused(_) => return Ok(None),
        Phase::Submitting(submitting) if submitting.until > context.now() || context.is_creating(id) => {
            return Ok(None);
        }
        Phase::Unconfirmed(unconfirmed) => (unconfirmed.reason.clone(), unconfirmed.correlation.clone()),
        _ => ("The answer to the order was lost. A key may be on its way.".to_owned(), None),
    };
    Ok(Some(Err(CreateError::Unconfirmed { shipment: id, reason, correlation })))
}
