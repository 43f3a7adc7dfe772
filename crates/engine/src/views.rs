//! What callers see of a shipment.

use std::sync::PoisonError;

use keyferry_domain::Shipment;
use keyferry_domain::ports::StoreError;

use crate::Engine;
use crate::engine::shown_id;
use crate::process::reason_for;

/// The guide's view: two words and an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShipmentView {
    /// The delivery service's id; ours until there is one.
    pub shipment_id: String,
    /// `ongoing` or `complete`.
    pub state: &'static str,
    /// What stands in the way.
    pub error_message: Option<String>,
}

/// A shipment with what only the engine knows of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShipmentDetails {
    /// The shipment as recorded.
    pub shipment: Shipment,
    /// What holds it back without being its own obstacle, such as a dependency that failed in the last run.
    pub waits_for: Option<String>,
}

impl Engine {
    /// The guide's view of the shipment, under either id.
    ///
    /// # Errors
    /// The store's.
    pub async fn shipment(&self, id: &str) -> Result<Option<ShipmentView>, StoreError> {
        Ok(self.look_up(id).await?.map(|stored| ShipmentView {
            shipment_id: shown_id(&stored.shipment),
            state: stored.shipment.state(),
            error_message: stored
                .shipment
                .error_message()
                .map(str::to_owned)
                .or_else(|| self.waits_for(&stored.shipment)),
        }))
    }

    /// The shipment, under either id.
    ///
    /// # Errors
    /// The store's.
    pub async fn details(&self, id: &str) -> Result<Option<ShipmentDetails>, StoreError> {
        Ok(self
            .look_up(id)
            .await?
            .map(|stored| ShipmentDetails { waits_for: self.waits_for(&stored.shipment), shipment: stored.shipment }))
    }

    /// What is nobody's shipment but holds this one back, as the last run saw it.
    fn waits_for(&self, shipment: &Shipment) -> Option<String> {
        let stops = self.stops.lock().unwrap_or_else(PoisonError::into_inner);
        reason_for(&stops, &shipment.phase, self.ports.pin_delivery.addressing()).cloned()
    }
}
