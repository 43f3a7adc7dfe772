//! What came of an order, on its record: accepted, refused, or nobody knows.

use std::time::Duration;

use keyferry_domain::ports::{PlacedOrder, SecretName, StoreError, Stored, Version};
use keyferry_domain::{Change, DeliveryId, Effect, Failure, FailureClass, Note, Party, Phased, Shipment, ShipmentId};

use super::error::{CreateError, before_order};
use super::request::Created;
use crate::context::Context;

/// Records outcomes.
pub(super) struct Outcomes<'a>(pub(super) &'a Context);

impl Outcomes<'_> {
    pub(super) async fn accept(
        &self,
        shipment: Shipment,
        version: &Version,
        placed: PlacedOrder,
    ) -> Result<Created, CreateError> {
        let PlacedOrder { id: delivery_id, correlation } = placed;
        let id = shipment.id();
        let recorded = match self.accepted(shipment, &delivery_id, correlation.clone()) {
            Some(change) => self.commit_persistently(&change, version).await,
            None => Err(StoreError::Conflict(id.to_string())),
        };
        let recorded = match recorded {
            Err(StoreError::Conflict(_)) => self.accept_late(id, &delivery_id, correlation).await,
            result => result,
        };
        match recorded {
            Ok(()) => {
                tracing::info!(shipment = %id, %delivery_id, "the delivery service accepted an order");
                self.note_repeated_id(id, &delivery_id).await;
                Ok(Created { shipment: id, delivery_id })
            }
            Err(error) => {
                tracing::error!(shipment = %id, %delivery_id, %error,
                    "an accepted order could not be recorded: once the store works, resolve the shipment as adopted with this id");
                Err(CreateError::NotRecorded { shipment: id, delivery_id, error })
            }
        }
    }

    /// Looked at once the acceptance is recorded: nothing may come before that.
    async fn note_repeated_id(&self, id: ShipmentId, delivery_id: &DeliveryId) {
        if let Ok(Some(other)) = self.0.ports.shipments.find(delivery_id).await
            && other.shipment().id() != id
        {
            tracing::error!(shipment = %id, other = %other.shipment().id(), %delivery_id,
                "the delivery service gave an id that another shipment has: ask for each by the connector's own id");
        }
    }

    /// The record changed under a create: another replica took it for dead, or an answer of the store was lost.
    async fn accept_late(
        &self,
        id: ShipmentId,
        delivery_id: &DeliveryId,
        correlation: Option<String>,
    ) -> Result<(), StoreError> {
        let conflict = || StoreError::Conflict(id.to_string());
        for _ in 0..5 {
            let Stored { change, version, .. } = self.0.ports.shipments.get(id).await?.ok_or_else(conflict)?;
            let shipment = change.into_shipment();
            if shipment.phase().delivery_id() == Some(delivery_id) {
                return Ok(());
            }
            let change = self.accepted(shipment, delivery_id, correlation.clone()).ok_or_else(conflict)?;
            match self.commit_persistently(&change, &version).await {
                Err(StoreError::Conflict(_)) => {}
                result => return result,
            }
        }
        Err(conflict())
    }

    pub(super) async fn not_accepted(&self, shipment: Shipment, version: &Version, failure: Failure) -> CreateError {
        if failure.effect == Effect::None {
            if (failure.party, failure.class()) == (Party::DeliveryService, FailureClass::AppCredentialRefused) {
                tracing::error!(shipment = %shipment.id(), remedy = failure.remedy(),
                    "the delivery service refuses the connector's own API token, not the caller's");
            }
            self.refuse(shipment, version, &failure.to_string()).await;
            return before_order(failure);
        }
        let (id, now) = (shipment.id(), self.0.now());
        let reason = format!(
            "The order was sent and its answer was lost ({failure}). A key may be on its way: look for it in the \
             delivery service's console, and do not order again before shipment {id} is resolved."
        );
        tracing::error!(shipment = %id, %failure, "the answer to an order was lost: it is unconfirmed");
        if let Phased::Submitting(submitting) = shipment.phased() {
            let note = Note::new(now, failure.message.clone()).with_correlation(failure.correlation.clone());
            let change = submitting.lose(reason.clone(), note);
            if let Err(error) = self.commit_persistently(&change, version).await {
                // The record says `Submitting`; the next run after its claim turns it into `Unconfirmed`.
                tracing::error!(shipment = %id, %error, "an unconfirmed order could not be recorded yet");
            }
        }
        CreateError::Unconfirmed { shipment: id, reason, correlation: failure.correlation }
    }

    /// Records that the order was definitely not taken. Its secret serves nobody any more.
    pub(super) async fn refuse(&self, shipment: Shipment, version: &Version, reason: &str) {
        let (id, now) = (shipment.id(), self.0.now());
        let Phased::Submitting(submitting) = shipment.phased() else { return };
        let change = submitting.refuse(Note::new(now, reason));
        if let Err(error) = self.commit_persistently(&change, version).await {
            tracing::warn!(shipment = %id, %error, "a refused order could not be recorded; it will show as unconfirmed");
            return;
        }
        if let Err(error) = self.0.ports.secrets.purge(&SecretName::of(id)).await {
            tracing::warn!(shipment = %id, %error, "the secret of a refused order stays until the next sweep");
        }
    }

    /// Commits what must not be lost: a busy store gets a few more attempts.
    async fn commit_persistently(&self, change: &Change, version: &Version) -> Result<(), StoreError> {
        for pause in [100, 300, 900, 2700].map(Duration::from_millis) {
            match self.0.ports.shipments.commit(change, version).await {
                Err(StoreError::Unavailable(_)) => self.0.ports.clock.sleep(pause).await,
                result => return result.map(drop),
            }
        }
        self.0.ports.shipments.commit(change, version).await.map(drop)
    }

    /// The acceptance, unless it is no news in the shipment's phase.
    fn accepted(&self, shipment: Shipment, id: &DeliveryId, correlation: Option<String>) -> Option<Change> {
        let note = Note::new(self.0.now(), format!("accepted as {id}")).with_correlation(correlation);
        match shipment.phased() {
            Phased::Submitting(it) => Some(it.accept(id.clone(), note)),
            Phased::Unconfirmed(it) => Some(it.accept(id.clone(), note)),
            _ => None,
        }
    }
}
