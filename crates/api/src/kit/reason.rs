//! Reasons that operators give for their decisions.

use serde::Deserialize;
use utoipa::ToSchema;

use super::problem::Problem;

/// Longest reason, in characters.
const LONGEST: usize = 500;

/// Reason of a decision. It is stored in the shipment's history, with the caller.
#[derive(Deserialize, ToSchema)]
#[schema(example = json!({"reason": "asked by the recipient, ticket 4711"}))]
pub(crate) struct ReasonBody {
    /// Reason of the decision.
    #[schema(
        max_length = 500,
        example = "asked by the recipient, ticket 4711",
        pattern = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$"
    )]
    reason: String,
}

impl ReasonBody {
    /// Validates the request and returns the reason.
    ///
    /// # Errors
    /// 400 with the invalid member.
    pub(crate) fn into_reason(self) -> Result<String, Problem> {
        checked(&self.reason)
    }
}

/// Returns the member `reason` without surrounding spaces.
///
/// # Errors
/// 400 if the reason is empty, too long or not on one line.
pub(crate) fn checked(reason: &str) -> Result<String, Problem> {
    let trimmed = reason.trim();
    if trimmed.is_empty() || reason.chars().count() > LONGEST || reason.chars().any(char::is_control) {
        let message = format!("`reason`: expected 1 to {LONGEST} characters on one line");
        return Err(Problem::field("reason", message));
    }
    Ok(trimmed.to_owned())
}
