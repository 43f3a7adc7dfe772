//! The same key and body: the same answer and one shipment.
//!
//! Only the reservation is kept. The answer is told from the shipment's record, so a crash between the two cannot make
//! them disagree.

use std::time::Duration;

use keyferry_domain::ports::{IdempotencyRecord, Reservation};
use keyferry_domain::{Phase, ShipmentId};

use crate::Engine;
use crate::create::error::CreateError;
use crate::create::progress::Stage;
use crate::create::request::{CreateRequest, Created};

/// What the key says about a request.
pub(crate) enum Idempotency {
    /// Go on: the key is ours, or there is none.
    Free,
    /// It was done before.
    Answer(Result<Created, CreateError>),
}

impl Engine {
    pub(crate) async fn reserve_key(
        &self,
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
            at: self.ports.clock.now(),
        };
        // Shorter than the caller's patience, so that the answer is "in use" and not "timed out".
        let patience = self.ports.clock.now() + self.settings.create_budget * 9 / 10;
        loop {
            let first = match self.ports.idempotency.reserve(&record).await? {
                Reservation::Made => {
                    stage.goes_on();
                    return Ok(Idempotency::Free);
                }
                Reservation::Taken(first) => first,
            };
            record.at = self.ports.clock.now();
            if first.at + self.settings.idempotency_lifetime < record.at {
                // Forgotten, only not swept yet.
                if self.ports.idempotency.take_over(first.shipment, &record).await? {
                    stage.goes_on();
                    return Ok(Idempotency::Free);
                }
                continue;
            }
            if first.body_hash != *body_hash {
                return Ok(Idempotency::Answer(Err(CreateError::KeyReused)));
            }
            stage.waits_for(first.shipment);
            if let Some(answer) = self.earlier_answer(first.shipment).await? {
                return Ok(Idempotency::Answer(answer));
            }
            if self.is_abandoned(&first).await? && self.ports.idempotency.take_over(first.shipment, &record).await? {
                stage.goes_on();
                return Ok(Idempotency::Free);
            }
            if record.at >= patience {
                return Ok(Idempotency::Answer(Err(CreateError::KeyInUse)));
            }
            self.ports.clock.sleep(Duration::from_millis(100)).await;
        }
    }

    /// Whether the first request certainly ordered nothing and nobody is at it any more.
    async fn is_abandoned(&self, first: &IdempotencyRecord) -> Result<bool, CreateError> {
        if self.is_creating(first.shipment) {
            return Ok(false);
        }
        Ok(match self.ports.shipments.get(first.shipment).await? {
            None => first.at + self.settings.submitting_claim < self.ports.clock.now(),
            Some(stored) => matches!(stored.shipment().phase(), Phase::Refused(_)),
        })
    }

    /// The answer that the first request got, or `None` while it is under way.
    async fn earlier_answer(&self, id: ShipmentId) -> Result<Option<Result<Created, CreateError>>, CreateError> {
        let Some(stored) = self.ports.shipments.get(id).await? else {
            return Ok(None);
        };
        if let Some(fulfilment_id) = stored.shipment().phase().fulfilment_id() {
            return Ok(Some(Ok(Created { shipment: id, fulfilment_id: fulfilment_id.clone() })));
        }
        let (reason, correlation) = match stored.shipment().phase() {
            // A refusal frees its key.
            Phase::Refused(_) => return Ok(None),
            Phase::Submitting(submitting) if submitting.until > self.ports.clock.now() || self.is_creating(id) => {
                return Ok(None);
            }
            Phase::Unconfirmed(unconfirmed) => (unconfirmed.reason.clone(), unconfirmed.correlation.clone()),
            _ => ("The answer to the order was lost. A key may be on its way.".to_owned(), None),
        };
        Ok(Some(Err(CreateError::Unconfirmed { shipment: id, reason, correlation })))
    }
}
