//! Outcome of an order, recorded on its shipment: accepted, refused or unconfirmed.

use std::time::Duration;

use keyferry_domain::ports::{PlacedOrder, StoreError, Stored, Version};
use keyferry_domain::{Change, DeliveryId, Effect, Failure, FailureClass, Note, Party, Phased, Shipment, ShipmentId};

use super::error::{CreateError, before_order};
use super::request::Created;
use crate::context::Context;

/// Records outcomes of orders.
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
            Some(change) => self.commit_with_retries(&change, version).await,
            None => Err(StoreError::Conflict(id.to_string())),
        };
        let recorded = match recorded {
            Err(StoreError::Conflict(_)) => self.accept_late(id, &delivery_id, correlation).await,
            result => result,
        };
        match recorded {
            Ok(()) => {
                tracing::info!(shipment = %id, %delivery_id, "delivery service accepted order");
                self.log_repeated_id(id, &delivery_id).await;
                Ok(Created { shipment: id, delivery_id, replayed: false })
            }
            Err(error) => {
                tracing::error!(shipment = %id, %delivery_id, %error,
                    remedy = "When the store works again, resolve the shipment as adopted with this delivery id.",
                    "could not record accepted order");
                Err(CreateError::NotRecorded { shipment: id, delivery_id, error })
            }
        }
    }

    /// Logs an error if another shipment has the same delivery id. Called after the acceptance is recorded, so that a
    /// failure of this check cannot prevent the recording.
    async fn log_repeated_id(&self, id: ShipmentId, delivery_id: &DeliveryId) {
        if let Ok(Some(other)) = self.0.ports.shipments.find(delivery_id).await
            && other.shipment().id() != id
        {
            tracing::error!(shipment = %id, other = %other.shipment().id(), %delivery_id,
                remedy = "Use Keyferry's own ids to read these two shipments.",
                "delivery service assigned the id of another shipment");
        }
    }

    /// Records the acceptance on a record that changed in the meantime: another replica considered the creation
    /// abandoned, or a response of the store was lost.
    async fn accept_late(
        &self,
        id: ShipmentId,
        delivery_id: &DeliveryId,
        correlation: Option<String>,
    ) -> Result<(), StoreError> {
        let conflict = || StoreError::Conflict(id.to_string());
        // Each conflict means that another replica wrote the record in between, so a few attempts are enough.
        for _ in 0..5 {
            let Stored { change, version, .. } = self.0.ports.shipments.get(id).await?.ok_or_else(conflict)?;
            let shipment = change.into_shipment();
            if shipment.phase().delivery_id() == Some(delivery_id) {
                return Ok(());
            }
            let change = self.accepted(shipment, delivery_id, correlation.clone()).ok_or_else(conflict)?;
            match self.commit_with_retries(&change, &version).await {
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
                    "delivery service refused Keyferry's own API token");
            }
            self.refuse(shipment, version, &failure.to_string()).await;
            return before_order(failure);
        }
        let (id, now) = (shipment.id(), self.0.now());
        let reason = format!(
            "The order was sent, but its response was lost ({failure}). A key may be on its way. Look for the order in \
             the delivery service's console, and do not order again before shipment {id} is resolved."
        );
        tracing::error!(shipment = %id, %failure, "order is unconfirmed: the delivery service's response was lost");
        if let Phased::Submitting(submitting) = shipment.phased() {
            let note = Note::new(now, failure.message.clone()).with_correlation(failure.correlation.clone());
            let change = submitting.lose(reason.clone(), note);
            if let Err(error) = self.commit_with_retries(&change, version).await {
                // The record stays in phase `Submitting`. The first run after `submitting_claim` changes it to
                // `Unconfirmed`.
                tracing::error!(shipment = %id, %error, "could not record unconfirmed order; a later run records it");
            }
        }
        CreateError::Unconfirmed { shipment: id, reason, correlation: failure.correlation, replayed: false }
    }

    /// Records that the order was not placed, and purges its secret.
    pub(super) async fn refuse(&self, shipment: Shipment, version: &Version, reason: &str) {
        let (id, now) = (shipment.id(), self.0.now());
        let Phased::Submitting(submitting) = shipment.phased() else { return };
        let change = submitting.refuse(Note::new(now, reason));
        if let Err(error) = self.commit_with_retries(&change, version).await {
            tracing::warn!(shipment = %id, %error, "could not record refused order; it will appear as unconfirmed");
            return;
        }
        self.0.drop_secret(id).await;
    }

    /// Commits the change, with retries while the store is unavailable, because the outcome of an order must not be
    /// lost.
    async fn commit_with_retries(&self, change: &Change, version: &Version) -> Result<(), StoreError> {
        for pause in [100, 300, 900, 2700].map(Duration::from_millis) {
            match self.0.ports.shipments.commit(change, version).await {
                Err(StoreError::Unavailable(_)) => self.0.ports.clock.sleep(pause).await,
                result => return result.map(drop),
            }
        }
        self.0.ports.shipments.commit(change, version).await.map(drop)
    }

    /// Returns the change for the acceptance. `None` if the shipment is neither being submitted nor unconfirmed, and
    /// was not cancelled while it was unconfirmed.
    fn accepted(&self, shipment: Shipment, id: &DeliveryId, correlation: Option<String>) -> Option<Change> {
        let note = Note::new(self.0.now(), format!("accepted as {id}")).with_correlation(correlation);
        match shipment.phased() {
            Phased::Submitting(it) => Some(it.accept(id.clone(), note)),
            Phased::Unconfirmed(it) => Some(it.accept(id.clone(), note)),
            Phased::Cancelled(it) => it.accept(id.clone(), note),
            _ => None,
        }
    }
}
