//! Response body to an accepted order.

use axum::http::HeaderName;
use serde::Serialize;
use utoipa::ToSchema;

/// Header of a response that repeats the one to an earlier request with the same `Idempotency-Key`.
pub(super) const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

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
