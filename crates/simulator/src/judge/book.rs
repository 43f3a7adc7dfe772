//! What the people of the organisation did, so that the judge does not blame the connector for it.

use std::collections::{BTreeMap, BTreeSet};

use keyferry_domain::{ShipmentId, Timestamp};

/// Book of the organisation.
#[derive(Debug, Default)]
pub struct Book {
    /// Number of orders that somebody meant to place for each person.
    pub meant: BTreeMap<usize, u64>,
    /// Orders that the connector acknowledged, and when.
    pub acknowledged: BTreeMap<ShipmentId, Timestamp>,
    /// Shipments whose cancellation was acknowledged, and when.
    pub cancelled: BTreeMap<ShipmentId, Timestamp>,
    /// Shipments whose key was lost, returned or withdrawn from a person who left, as the connector acknowledged.
    pub withdrawn: BTreeSet<ShipmentId>,
    /// Shipments that an operator decided about: set to complete, adopted, abandoned.
    pub decided: BTreeSet<ShipmentId>,
    /// Shipments that the comparison with the journal listed for an operator.
    pub listed: BTreeSet<ShipmentId>,
    /// Time until which operators look at a restored database.
    pub restoring: Option<Timestamp>,
    /// Shipments whose PIN a caller with the right to override the rules asked for.
    pub overridden: BTreeSet<ShipmentId>,
    /// Replicas whose clock is wrong by more than is tolerated.
    pub wrong_clocks: BTreeSet<usize>,
    /// People of whose passkeys one was revoked.
    pub losers: BTreeSet<usize>,
    /// All addresses that a person's manager ever had.
    pub managers: BTreeMap<usize, BTreeSet<String>>,
    /// People whose name was given to another.
    pub renamed: BTreeSet<usize>,
}
