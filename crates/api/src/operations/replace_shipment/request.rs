//! Request body: the new order, and why the shipment is replaced.

use serde::Deserialize;
use utoipa::ToSchema;

use crate::kit::body::object;
use crate::kit::order::QueueOrder;

/// Replacement of a shipment.
#[derive(Deserialize, ToSchema)]
pub(crate) struct ReplaceShipment {
    /// Reason of the replacement. It is stored in the history of the replaced shipment.
    #[schema(
        max_length = 500,
        example = "the recipient lost the key",
        pattern = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$"
    )]
    pub(super) reason: String,
    /// New order, for the same person.
    #[serde(deserialize_with = "object")]
    pub(super) order: QueueOrder,
}
