//! The guide's view of a shipment.

use keyferry_engine::ShipmentView;
use serde::Serialize;
use utoipa::ToSchema;

/// How a shipment fares, in exactly the guide's fields.
#[derive(Serialize, ToSchema)]
pub(crate) struct ShipmentBody {
    /// The delivery service's id; ours while there is none.
    #[schema(example = "8gYnYQk5vVqYzKqY1p2xTQ")]
    shipment_id: String,
    /// `ongoing`, or `complete` once the key is registered and the PIN handed over.
    #[schema(example = "ongoing", pattern = "^(ongoing|complete)$")]
    shipment_state: &'static str,
    /// `GENERAL` when something stands in the way.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false, pattern = "^GENERAL$")]
    error_kind: Option<&'static str>,
    /// What stands in the way and what to do.
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
