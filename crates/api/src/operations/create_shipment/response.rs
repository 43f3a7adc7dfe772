//! Response body to an accepted order.

use serde::Serialize;
use utoipa::ToSchema;

/// Accepted order.
#[derive(Serialize, ToSchema)]
pub(crate) struct CreatedBody {
    /// The accepted order.
    pub(super) data: CreatedData,
}

/// Data of an accepted order.
#[derive(Serialize, ToSchema)]
pub(crate) struct CreatedData {
    /// Delivery service's id of the shipment.
    #[schema(example = "8gYnYQk5vVqYzKqY1p2xTQ")]
    pub(super) shipment_id: String,
}
