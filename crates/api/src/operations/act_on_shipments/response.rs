//! Response bodies: of a dry run, and of the action.

use serde::Serialize;
use utoipa::ToSchema;

/// Result of a dry run, or of the action.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum ActionsBody {
    /// Result of a dry run.
    Checked(CheckedBody),
    /// Result of the action.
    Done(DoneBody),
}

/// Result of a dry run. Nothing was changed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CheckedBody {
    /// Number of shipments that match.
    pub(super) matched: u64,
    /// Number of these for which the action is possible. Confirm this number.
    pub(super) possible: u64,
    /// First 20 of those for which it is not.
    #[schema(max_items = 20)]
    pub(super) impossible: Vec<RefusedBody>,
}

/// Result of the action. The sum of all numbers is the confirmed number.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct DoneBody {
    /// Number of shipments to which it was done.
    pub(super) done: u64,
    /// Shipments to which it was not done.
    pub(super) refused: Vec<RefusedBody>,
    /// Number of shipments that were not reached in the time of a request. Repeat the dry run and the action for these.
    pub(super) left: u64,
}

/// Shipment to which the action was not done.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct RefusedBody {
    /// Id of the shipment.
    pub(super) id: String,
    /// Why it was not done.
    #[schema(example = "it is complete")]
    pub(super) why: String,
}
