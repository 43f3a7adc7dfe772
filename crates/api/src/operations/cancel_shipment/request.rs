//! Request body: the reason of the cancellation.

use serde::Deserialize;
use utoipa::ToSchema;

use crate::kit::problem::Problem;
use crate::kit::reason;

/// Cancellation of a shipment. The reason is stored in the shipment's history.
#[derive(Deserialize, ToSchema)]
pub(crate) struct CancelShipment {
    /// Reason of the cancellation.
    #[schema(
        max_length = 500,
        example = "the person left the company",
        pattern = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$"
    )]
    reason: String,
}

impl CancelShipment {
    /// Validates the request and returns the reason.
    ///
    /// # Errors
    /// 400 with the invalid member.
    pub(crate) fn into_reason(self) -> Result<String, Problem> {
        reason::checked(&self.reason)
    }
}
