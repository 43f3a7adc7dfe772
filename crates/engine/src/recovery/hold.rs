//! Stop of ordering while an accepted order is not recorded.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use keyferry_domain::{DeliveryId, ShipmentId};

/// Accepted order whose acceptance is not in its record.
#[derive(Clone, Debug)]
pub(crate) struct Unrecorded {
    /// Delivery service's id.
    pub(crate) delivery_id: DeliveryId,
    /// `client-request-id` of the order's call.
    pub(crate) correlation: Option<String>,
}

/// Whether ordering is stopped, and what is missing in the database.
#[derive(Default)]
pub(crate) struct OrderingHold(Mutex<State>);

#[derive(Default)]
struct State {
    reason: Option<String>,
    unrecorded: BTreeMap<ShipmentId, Unrecorded>,
}

impl OrderingHold {
    /// Stops ordering. Returns whether it was not stopped before.
    pub(crate) fn stop(&self, reason: String, missing: Option<(ShipmentId, Unrecorded)>) -> bool {
        let mut state = self.state();
        state.unrecorded.extend(missing);
        let is_new = state.reason.is_none();
        state.reason.get_or_insert(reason);
        is_new
    }

    /// Returns why ordering is stopped, if it is.
    pub(crate) fn reason(&self) -> Option<String> {
        self.state().reason.clone()
    }

    /// Returns whether the shipment's acceptance is still to be recorded.
    pub(crate) fn is_unrecorded(&self, id: ShipmentId) -> bool {
        self.state().unrecorded.contains_key(&id)
    }

    pub(super) fn unrecorded(&self) -> BTreeMap<ShipmentId, Unrecorded> {
        self.state().unrecorded.clone()
    }

    pub(super) fn recorded(&self, id: ShipmentId) {
        self.state().unrecorded.remove(&id);
    }

    /// Resumes ordering if nothing is left to record.
    pub(super) fn resume(&self) -> bool {
        let mut state = self.state();
        if state.unrecorded.is_empty() {
            state.reason = None;
        }
        state.reason.is_none()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
