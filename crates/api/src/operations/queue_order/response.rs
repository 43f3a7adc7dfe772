//! Response body to a queued order.

use serde::Serialize;
use utoipa::ToSchema;

use crate::kit::schemas;

/// Order in the queue.
#[derive(Serialize, ToSchema)]
pub(crate) struct QueuedBody {
    /// Keyferry's id of the shipment.
    #[schema(example = "019ac0de-0000-7000-8000-00000000000a")]
    pub(super) id: String,
    /// Phase.
    #[schema(value_type = schemas::Phase, example = "queued")]
    pub(super) phase: &'static str,
}
