//! Request body: the operator's decision.

use keyferry_domain::DeliveryId;
use keyferry_engine::Outcome;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::kit::problem::Problem;
use crate::kit::shipment_key::is_id;
use crate::kit::{reason, schemas};

/// Decision about a shipment, and its reason. The reason is stored in the shipment's history.
#[derive(Deserialize, ToSchema)]
pub(crate) struct ResolveShipment {
    /// Reason of the decision.
    #[schema(
        max_length = 500,
        example = "the recipient received another key",
        pattern = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$"
    )]
    reason: String,
    /// `complete` (default): set a shipment whose key is registered to complete and stop processing it. `retry`:
    /// process the shipment again although its obstacle is final. `adopted`: continue the unconfirmed order as the
    /// delivery service's shipment `shipment_id`. `recalled`: the key of a cancelled shipment was taken back or
    /// destroyed.
    #[serde(default)]
    #[schema(value_type = Option<schemas::ResolveOutcome>, example = "complete")]
    outcome: Option<String>,
    /// Delivery service's id of the order. Required with `adopted`, else not allowed.
    #[serde(default)]
    shipment_id: Option<String>,
}

impl ResolveShipment {
    /// Validates the request and returns reason and decision.
    ///
    /// # Errors
    /// 400 with the invalid member.
    pub(crate) fn into_parts(self) -> Result<(String, Outcome), Problem> {
        let reason = reason::checked(&self.reason)?;
        let outcome = match (self.outcome.as_deref(), self.shipment_id) {
            (None | Some("complete"), None) => Outcome::Complete,
            (Some("retry"), None) => Outcome::Retry,
            (Some("recalled"), None) => Outcome::Recalled,
            (Some("adopted"), Some(id)) if is_id(&id) => Outcome::Adopted(DeliveryId::new(id)),
            (Some("adopted"), _) => {
                let message = "`shipment_id`: expected the delivery service's id of the order";
                return Err(Problem::field("shipment_id", message));
            }
            (None | Some("complete" | "retry" | "recalled"), Some(_)) => {
                let message = "`shipment_id`: allowed only with the outcome adopted";
                return Err(Problem::field("shipment_id", message));
            }
            (Some(other), _) => {
                let other = other.chars().take(40).collect::<String>();
                let message = format!("`outcome`: expected complete, retry, adopted or recalled, but got {other:?}");
                return Err(Problem::field("outcome", message));
            }
        };
        Ok((reason, outcome))
    }
}
