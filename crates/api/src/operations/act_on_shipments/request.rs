//! Request body: what to do, to which shipments, and the confirmed number.

use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::action::Action;
use crate::kit::parameters::invalid;
use crate::kit::problem::Problem;
use crate::kit::shipment_key::is_id;
use crate::kit::shipments::FilterBody;
use crate::kit::{reason, schemas};

/// Largest number of ids, so that the body is not larger than any other.
const MOST_IDS: usize = 1000;

/// Action for many shipments. Give either `ids` or `filter`, and either `dry_run` or `confirm`.
#[derive(Deserialize, ToSchema)]
#[schema(example = json!({"action": "retry", "reason": "the managers are entered", "filter": {"code": ["no-manager"]},
    "dry_run": true}))]
pub(crate) struct ActOnShipments {
    /// What to do to each shipment. `resolve` sets it to complete.
    #[schema(value_type = schemas::ShipmentAction, example = "retry")]
    action: String,
    /// Reason of the decision. It is stored in the history of each shipment, with the caller.
    #[schema(
        max_length = 500,
        example = "the managers are entered",
        pattern = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$"
    )]
    reason: String,
    /// Ids of the shipments: Keyferry's or the delivery service's.
    #[serde(default)]
    #[schema(min_items = 1, max_items = 1000)]
    ids: Option<Vec<String>>,
    /// Conditions for the shipments, as of `GET /v1/shipments`. All must match.
    #[serde(default)]
    #[schema(value_type = Option<FilterBody>)]
    filter: Option<Map<String, Value>>,
    /// `true`: change nothing, and return for how many shipments the action is possible.
    #[serde(default)]
    dry_run: Option<bool>,
    /// Number of shipments for which the action must be possible, as returned by the dry run.
    #[serde(default)]
    #[schema(minimum = 0, example = 12)]
    confirm: Option<u64>,
}

/// Which shipments.
pub(super) enum Target {
    Ids(Vec<String>),
    Filter(Map<String, Value>),
}

/// Valid request.
pub(super) struct Order {
    pub(super) action: Action,
    pub(super) reason: String,
    pub(super) target: Target,
    /// Confirmed number. `None`: a dry run.
    pub(super) confirmed: Option<u64>,
}

impl ActOnShipments {
    /// Validates the request.
    ///
    /// # Errors
    /// 400 with the invalid member.
    pub(super) fn into_order(self) -> Result<Order, Problem> {
        let names = Action::ALL.map(Action::as_str).join(", ");
        let action = Action::parse(&self.action);
        let action = action.ok_or_else(|| invalid("action", &format!("one of: {names}"), &self.action))?;
        let reason = reason::checked(&self.reason)?;
        let target = match (self.ids, self.filter) {
            (Some(ids), None) => {
                if !(1..=MOST_IDS).contains(&ids.len()) {
                    return Err(invalid("ids", &format!("1 to {MOST_IDS} ids"), &ids.len().to_string()));
                }
                if let Some((index, id)) = ids.iter().enumerate().find(|(_, id)| !is_id(id)) {
                    return Err(invalid(&format!("ids[{index}]"), "the id of a shipment", id));
                }
                Target::Ids(ids)
            }
            (None, Some(filter)) => Target::Filter(filter),
            (Some(_), Some(_)) => return Err(Problem::field("ids", "`ids`: allowed only without `filter`")),
            (None, None) => return Err(Problem::field("ids", "`ids` or `filter` is missing")),
        };
        let confirmed = match (self.dry_run, self.confirm) {
            (Some(true), None) => None,
            (None | Some(false), Some(confirmed)) => Some(confirmed),
            (Some(true), Some(_)) => {
                return Err(Problem::field("confirm", "`confirm`: allowed only without `dry_run`"));
            }
            (None | Some(false), None) => {
                let message = "`confirm` is missing: the number that the dry run returns as `possible`. For a dry run, \
                               send `dry_run`: true";
                return Err(Problem::field("confirm", message));
            }
        };
        Ok(Order { action, reason, target, confirmed })
    }
}
