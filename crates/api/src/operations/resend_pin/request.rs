//! Request body: the reason of a release.

use serde::Deserialize;
use utoipa::ToSchema;

use crate::kit::problem::Problem;
use crate::kit::reason;

/// Resend of a PIN. The reason is stored in the shipment's history. Only a release against a release rule needs it.
#[derive(Deserialize, ToSchema)]
pub(crate) struct ResendPin {
    /// Reason of the release.
    #[schema(
        max_length = 500,
        example = "the manager left the company",
        pattern = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$"
    )]
    reason: Option<String>,
}

impl ResendPin {
    /// Validates the request and returns the reason.
    ///
    /// # Errors
    /// 400 with the invalid member.
    pub(crate) fn into_reason(self) -> Result<Option<String>, Problem> {
        self.reason.as_deref().map(reason::checked).transpose()
    }
}
