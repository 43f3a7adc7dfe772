//! Outcome of an order, recorded on its shipment: accepted, refused or unconfirmed.

use std::sync::Arc;

use keyferry_domain::ports::{Acceptance, JournalEntry, PlacedOrder, StoreError, Version};
use keyferry_domain::{DeliveryId, Effect, Failure, FailureClass, Note, Party, Phased, Shipment, ShipmentId, UserRef};

use super::error::{CreateError, before_order};
use super::request::Created;
use crate::context::Context;
use crate::recovery::{Unrecorded, accept_late, acceptance, commit_with_retries, resume_when_recorded};

/// Records outcomes of orders.
pub(super) struct Outcomes<'a> {
    pub(super) context: &'a Arc<Context>,
    /// User of an order from the queue. An order from the queue that is not placed returns there.
    pub(super) queued_for: Option<UserRef>,
}

impl Outcomes<'_> {
    /// Writes the acceptance to the journal, then to the record. If the record cannot be written, ordering stops until
    /// it can.
    pub(super) async fn accept(
        &self,
        shipment: Shipment,
        version: &Version,
        placed: PlacedOrder,
        idempotency_key: Option<String>,
    ) -> Result<Created, CreateError> {
        let PlacedOrder { id: delivery_id, correlation } = placed;
        let id = shipment.id();
        if let Some(other) = self.owner_of(&delivery_id).await.filter(|other| *other != id) {
            return Err(self.of_another_order(shipment, version, &delivery_id, other, correlation).await);
        }
        let at = self.context.now();
        let entry = Acceptance { shipment: id, delivery_id: delivery_id.clone(), idempotency_key, at };
        let journaled = self.context.ledger.write(JournalEntry::Accepted(entry)).await;
        let recorded = match acceptance(self.context, shipment, &delivery_id, correlation.clone()) {
            Some(change) => commit_with_retries(self.context, &change, version).await,
            None => Err(StoreError::Conflict(id.to_string())),
        };
        let recorded = match recorded {
            Err(StoreError::Conflict(_)) => accept_late(self.context, id, &delivery_id, correlation.clone()).await,
            result => result,
        };
        if let Err(error) = recorded {
            let missing = Unrecorded { delivery_id: delivery_id.clone(), correlation };
            self.stop_ordering(id, &delivery_id, &error, Some((id, missing)));
            return Err(CreateError::NotRecorded { shipment: id, delivery_id, error });
        }
        if let Err(error) = journaled {
            self.stop_ordering(id, &delivery_id, &error, None);
        }
        tracing::info!(shipment = %id, %delivery_id, "delivery service accepted order");
        Ok(Created { shipment: id, delivery_id, replayed: false })
    }

    fn stop_ordering(
        &self,
        id: ShipmentId,
        delivery_id: &DeliveryId,
        error: &StoreError,
        missing: Option<(ShipmentId, Unrecorded)>,
    ) {
        tracing::error!(shipment = %id, %delivery_id, %error,
            remedy = "Repair the store. Keyferry keeps the delivery id, records the order as soon as the store accepts \
                      writes, and accepts no orders before.",
            "could not record accepted order; ordering is stopped");
        let reason = format!("shipment {id} was accepted as {delivery_id}, but could not be recorded ({error})");
        if self.context.ordering.stop(reason, missing) {
            resume_when_recorded(self.context);
        }
    }

    /// Returns the shipment that has this id of the delivery service. `None` if there is none or the store fails: the
    /// failure must not prevent the recording.
    async fn owner_of(&self, delivery_id: &DeliveryId) -> Option<ShipmentId> {
        if let Some(owner) = self.context.ledger.owner_of(delivery_id) {
            return Some(owner);
        }
        let found = self.context.ports.shipments.find(delivery_id).await;
        found.ok().flatten().map(|stored| stored.shipment().id())
    }

    /// Records an order as unconfirmed whose response has the id of another order: the response probably belongs to
    /// another call, for example because a proxy mixes up connections.
    async fn of_another_order(
        &self,
        shipment: Shipment,
        version: &Version,
        delivery_id: &DeliveryId,
        other: ShipmentId,
        correlation: Option<String>,
    ) -> CreateError {
        self.context.ports.delivery_service.drop_connections();
        tracing::error!(shipment = %shipment.id(), %other, %delivery_id,
            remedy = "Look for a proxy that mixes up responses. Compare both shipments with the delivery service's \
                      console.",
            "response to the order has the id of another shipment");
        let id = shipment.id();
        let reason = format!(
            "The order was sent, but the response has the id {delivery_id}, which belongs to shipment {other}. It \
             probably belongs to another call. A key may be on its way. Look for the order in the delivery service's \
             console, and do not order again before shipment {id} is resolved."
        );
        let note = self.note(format!("the response has the id of shipment {other}"), correlation.clone());
        self.lose(shipment, version, &reason, note).await;
        CreateError::Unconfirmed { shipment: id, reason, failure: None, correlation, replayed: false }
    }

    pub(super) async fn not_accepted(&self, shipment: Shipment, version: &Version, failure: Failure) -> CreateError {
        if failure.effect == Effect::None {
            if (failure.party, failure.class()) == (Party::DeliveryService, FailureClass::AppCredentialRefused) {
                tracing::error!(shipment = %shipment.id(), remedy = failure.remedy(),
                    "delivery service refused Keyferry's own API token");
            }
            self.refuse(shipment, version, &failure.to_string()).await;
            return before_order(failure);
        }
        let id = shipment.id();
        let reason = format!(
            "The order was sent, but its response was lost ({failure}). A key may be on its way. Look for the order in \
             the delivery service's console, and do not order again before shipment {id} is resolved."
        );
        tracing::error!(shipment = %id, %failure, "order is unconfirmed: the delivery service's response was lost");
        let correlation = failure.correlation.clone();
        self.lose(shipment, version, &reason, self.note(failure.message.clone(), correlation.clone())).await;
        let failure = Some(Box::new(failure));
        CreateError::Unconfirmed { shipment: id, reason, failure, correlation, replayed: false }
    }

    fn note(&self, detail: String, correlation: Option<String>) -> Note {
        Note::new(self.context.now(), detail).with_correlation(correlation)
    }

    async fn lose(&self, shipment: Shipment, version: &Version, reason: &str, note: Note) {
        let id = shipment.id();
        // First, as an acceptance: a database that is restored from a backup may not have the record.
        self.context.ledger.unconfirmed(id, self.context.now()).await;
        if let Phased::Submitting(submitting) = shipment.phased() {
            let change = submitting.lose(reason.to_owned(), note);
            if let Err(error) = commit_with_retries(self.context, &change, version).await {
                // The record stays in phase `Submitting`. The first run after `submitting_claim` changes it to
                // `Unconfirmed`.
                tracing::error!(shipment = %id, %error, "could not record unconfirmed order; a later run records it");
            }
        }
    }

    /// Records that the order was not placed, and purges its secret. An order from the queue returns there with its
    /// secret.
    pub(super) async fn refuse(&self, shipment: Shipment, version: &Version, reason: &str) {
        let (id, now) = (shipment.id(), self.context.now());
        let Phased::Submitting(submitting) = shipment.phased() else { return };
        let note = Note::new(now, reason);
        let change = match &self.queued_for {
            None => submitting.refuse(note),
            Some(user) => submitting.requeue(user.clone(), note),
        };
        if let Err(error) = commit_with_retries(self.context, &change, version).await {
            tracing::warn!(shipment = %id, %error, "could not record refused order; it will appear as unconfirmed");
            return;
        }
        if self.queued_for.is_none() {
            self.context.drop_secret(id).await;
        }
    }
}
