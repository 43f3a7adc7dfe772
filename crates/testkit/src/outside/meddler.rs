//! Interference with the calls of a node, by a simulation.

use std::time::Duration;

use keyferry_domain::{BatchRow, DeliveryId, ShipmentId, UserRef};

use super::books::Outside;
use super::trouble::{Call, Trouble};

/// What a call is about, as far as its arguments show.
#[derive(Clone, Copy, Debug)]
pub enum About<'a> {
    Nothing,
    Shipment(ShipmentId),
    Parcel(&'a DeliveryId),
    User(&'a UserRef),
    Rows(&'a [BatchRow]),
}

/// How a call ended for its caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ended {
    Answered,
    Failed,
    /// The caller never gets an answer.
    Never,
}

/// What happens to one call.
#[derive(Clone, Debug, Default)]
pub struct Fate {
    /// Time that the call takes before its effect, and again before its answer.
    pub delay: Duration,
    pub trouble: Option<Trouble>,
    /// Number of the fault, and what it is.
    pub fault: Option<(u64, &'static str)>,
}

/// Decides about each call of a node, and sees what it did.
pub trait Meddler: Send + Sync {
    /// Returns what happens to this call.
    fn fate(&self, node: usize, call: Call, about: About<'_>) -> Fate;

    /// Called after each effect of a call on the outside, even if its caller never gets the answer.
    fn done(&self, node: usize, call: Call, about: About<'_>, outside: &Outside);

    /// Called when the call ends for its caller.
    fn ended(&self, node: usize, call: Call, about: About<'_>, fault: Option<(u64, &'static str)>, ended: Ended);
}
