//! The operator's decision, as it is sent.

use keyferry_domain::DeliveryId;
use keyferry_engine::Outcome;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::kit::problem::Problem;
use crate::kit::shipment_key::is_id;

/// The longest reason, in characters.
const LONGEST: usize = 500;

/// A decision and its reason, which stays in the shipment's history.
#[derive(Deserialize, ToSchema)]
pub(crate) struct ResolveShipment {
    /// Why, for whoever reads the history.
    #[schema(
        max_length = 500,
        example = "the person got another key",
        pattern = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$"
    )]
    reason: String,
    /// `complete` (the default): leave it alone from now on. `retry`: try again although an obstacle was final.
    /// `adopted`: the unconfirmed order is the delivery service's `shipment_id`.
    #[serde(default)]
    #[schema(example = "complete", pattern = "^(complete|retry|adopted)$")]
    outcome: Option<String>,
    /// The delivery service's id; with `adopted` only.
    #[serde(default)]
    shipment_id: Option<String>,
}

impl ResolveShipment {
    /// The reason and the decision.
    pub(crate) fn into_parts(self) -> Result<(String, Outcome), Problem> {
        let reason = self.reason.trim();
        if reason.is_empty() || self.reason.chars().count() > LONGEST || self.reason.chars().any(char::is_control) {
            let message = format!("`reason`: expected 1 to {LONGEST} characters in one line");
            return Err(Problem::field("reason", message));
        }
        let outcome = match (self.outcome.as_deref(), self.shipment_id) {
            (None | Some("complete"), None) => Outcome::Complete,
            (Some("retry"), None) => Outcome::Retry,
            (Some("adopted"), Some(id)) if is_id(&id) => Outcome::Adopted(DeliveryId::new(id)),
            (Some("adopted"), _) => {
                let message = "`shipment_id`: expected the delivery service's id of the order that was found there";
                return Err(Problem::field("shipment_id", message));
            }
            (None | Some("complete" | "retry"), Some(_)) => {
                let message = "`shipment_id`: expected only with the outcome adopted";
                return Err(Problem::field("shipment_id", message));
            }
            (Some(other), _) => {
                let other = other.chars().take(40).collect::<String>();
                let message = format!("`outcome`: expected complete, retry or adopted, but got {other:?}");
                return Err(Problem::field("outcome", message));
            }
        };
        Ok((reason.to_owned(), outcome))
    }
}
