//! Request body: the order to adopt, and the reason.

use keyferry_domain::DeliveryId;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::kit::parameters::invalid;
use crate::kit::problem::Problem;
use crate::kit::reason;
use crate::kit::shipment_key::is_id;

/// Adoption of an unconfirmed order. The reason is stored in the shipment's history, with the caller.
#[derive(Deserialize, ToSchema)]
#[schema(example = json!({"reason": "found in the console", "shipment_id": "8gYnYQk5vVqYzKqY1p2xTQ"}))]
pub(crate) struct AdoptShipment {
    /// Reason of the decision.
    #[schema(
        max_length = 500,
        example = "found in the console",
        pattern = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$"
    )]
    reason: String,
    /// Delivery service's id of the order.
    #[schema(min_length = 1, max_length = 128, example = "8gYnYQk5vVqYzKqY1p2xTQ")]
    shipment_id: String,
}

impl AdoptShipment {
    /// Validates the request and returns reason and id.
    ///
    /// # Errors
    /// 400 with the invalid member.
    pub(crate) fn into_parts(self) -> Result<(String, DeliveryId), Problem> {
        let reason = reason::checked(&self.reason)?;
        if !is_id(&self.shipment_id) {
            return Err(invalid("shipment_id", "the delivery service's id of the order", &self.shipment_id));
        }
        Ok((reason, DeliveryId::new(self.shipment_id)))
    }
}
