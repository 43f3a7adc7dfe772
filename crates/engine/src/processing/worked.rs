//! What became of one shipment in a run.

use keyferry_domain::Party;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Worked {
    Skipped,
    Waiting,
    Moved,
    Obstructed,
    Broken,
    /// A dependency fails, which is no single shipment's matter.
    Outage(Party, String),
}
