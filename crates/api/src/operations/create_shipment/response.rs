//! The response to an accepted order.

use serde::Serialize;
use utoipa::ToSchema;

/// An accepted order.
#[derive(Serialize, ToSchema)]
pub(crate) struct CreatedBody {
    pub(super) data: CreatedData,
}

/// What the delivery service calls it.
#[derive(Serialize, ToSchema)]
pub(crate) struct CreatedData {
    /// The delivery service's id of the shipment.
    #[schema(example = "8gYnYQk5vVqYzKqY1p2xTQ")]
    pub(super) shipment_id: String,
}
