//! Result of processing one shipment in a run.

use keyferry_domain::Party;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Worked {
    Skipped,
    Waiting,
    Moved,
    Obstructed,
    Broken,
    /// A dependency is failing. Affects all shipments that need it.
    Outage(Party, String),
}
