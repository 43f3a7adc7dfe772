//! Response body: shipment status as defined by the guide.

use keyferry_engine::ShipmentView;
use serde::Serialize;
use utoipa::ToSchema;

use crate::kit::schemas;

/// Status of a shipment, in the fields defined by the guide.
#[derive(Serialize, ToSchema)]
pub(crate) struct ShipmentBody {
    /// Delivery service's id of the shipment. Keyferry's id until the delivery service has accepted the order.
    #[schema(example = "8gYnYQk5vVqYzKqY1p2xTQ")]
    shipment_id: String,
    /// `ongoing`, or `complete` when the key is registered and the PIN is delivered.
    #[schema(value_type = schemas::ShipmentState, example = "ongoing")]
    shipment_state: &'static str,
    /// `GENERAL` if the shipment has an obstacle.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schemas::ErrorKind>, nullable = false)]
    error_kind: Option<&'static str>,
    /// Description of the obstacle, and what to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    error_message: Option<String>,
}

impl From<ShipmentView> for ShipmentBody {
    fn from(view: ShipmentView) -> Self {
        Self {
            shipment_id: view.shipment_id,
            shipment_state: view.state,
            error_kind: view.error_message.is_some().then_some("GENERAL"),
            error_message: view.error_message,
        }
    }
}
