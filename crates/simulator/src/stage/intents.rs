//! What people asked for.

use std::collections::{BTreeMap, BTreeSet};

use keyferry_domain::{Caller, ShipmentId};

/// Order that a caller wants.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Caller.
    pub caller: Caller,
    /// Idempotency key of the caller.
    pub key: String,
    /// Number of the user.
    pub user: usize,
    /// Whether it is wanted beside another open order.
    pub additional: bool,
    /// Shipment of the last successful response.
    pub confirmed: Option<ShipmentId>,
}

/// What people asked for.
#[derive(Clone, Debug, Default)]
pub struct Intents {
    /// Orders.
    pub orders: Vec<Wanted>,
    /// Shipments that an operator cancelled.
    pub cancelled: BTreeSet<ShipmentId>,
    /// Shipments whose key was reported as lost.
    pub lost: BTreeSet<ShipmentId>,
    /// Shipments that an operator set to complete by hand, and the number of PINs that were sent before.
    pub by_hand: BTreeMap<ShipmentId, usize>,
    /// Number of resends that an operator asked for, and of those that were confirmed.
    pub resent: BTreeMap<ShipmentId, (usize, usize)>,
    /// Shipments that the connector itself reports as missing from its database.
    pub reported: BTreeSet<ShipmentId>,
}
