//! Result of processing one shipment in a run.

use keyferry_domain::Party;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Worked {
    Skipped,
    Waiting,
    Moved,
    /// Moved to `Registered` in the first pass, beside which its PINs are delivered.
    Registered,
    Obstructed,
    Broken,
    /// The store cannot read the record because it is damaged.
    Missing,
    /// A dependency is failing. Affects all shipments that need it.
    Outage(Party, String),
}
