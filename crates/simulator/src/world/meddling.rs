//! Decides about each call, writes the trace, and has the judge look at what the call changed.

use std::sync::{Arc, Mutex, Weak};

use keyferry_domain::{Party, ShipmentId, Term, Timestamp, UserKey};
use keyferry_testkit::SeededRandom;
use keyferry_testkit::outside::{About, Call, Ended, Fate, Meddler, Outside, lock};

use crate::faults::Faults;
use crate::judge::{Court, Hidden};
use crate::trace::{Fault, Step, Trace, What};

/// What changes in a run, beside the outside.
pub(crate) struct State {
    /// What happened.
    pub(crate) trace: Trace,
    /// Who judges.
    pub(crate) court: Court,
    /// Faults of calls.
    pub(crate) faults: Faults,
    /// Chance of everything that is neither a fault nor an id.
    pub(crate) chance: SeededRandom,
    shown: usize,
}

/// Decides about the calls of all replicas.
pub(crate) struct Meddling {
    outside: Weak<Outside>,
    state: Mutex<State>,
}

impl Meddling {
    pub(super) fn new(outside: &Arc<Outside>, trace: Trace, faults: Faults) -> Arc<Self> {
        let chance = SeededRandom::new(outside.chance.next());
        let state = State { trace, court: Court::default(), faults, chance, shown: 0 };
        Arc::new(Self { outside: Arc::downgrade(outside), state: Mutex::new(state) })
    }

    /// Reads or changes the state.
    pub(crate) fn with<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        work(&mut lock(&self.state))
    }

    /// Adds a step to the trace.
    pub(crate) fn step(&self, replica: Option<usize>, shipment: Option<ShipmentId>, what: What) {
        let Some(outside) = self.outside.upgrade() else { return };
        let at = outside.clock.right();
        self.with(|state| state.trace.push(Step { at, replica, shipment, what }));
    }

    /// Adds what a person did, or what happened outside.
    pub(crate) fn life(&self, shipment: Option<ShipmentId>, text: impl Into<String>) {
        self.step(None, shipment, What::Life(text.into()));
    }

    /// Compares all books.
    pub(crate) fn sweep(&self, is_end: bool) {
        let Some(outside) = self.outside.upgrade() else { return };
        let now = outside.clock.right();
        let mut state = lock(&self.state);
        state.court.sweep(&outside, now, is_end);
        state.show_findings(now);
    }

    fn shipment(outside: &Outside, about: About<'_>) -> Option<ShipmentId> {
        match about {
            About::Shipment(id) => Some(id),
            About::Parcel(id) => lock(&outside.delivery).request_of(id),
            // The newest order for the user.
            About::User(user) => lock(&outside.records).newest_with(&Term::person(&UserKey::from(user))),
            About::Rows(_) | About::Nothing => None,
        }
    }
}

/// Returns whether a failed call belongs to the work on a shipment. Calls about a user also belong to checks of orders
/// that are not placed yet. These repeat what failed.
fn is_of_shipment(outside: &Outside, call: Call, about: About<'_>, shipment: Option<ShipmentId>) -> bool {
    match (about, shipment) {
        (About::User(_), Some(id)) => lock(&outside.records).is_claimed(id, outside.clock.right()),
        (_, Some(_)) => call.party() != Party::Store,
        (_, None) => false,
    }
}

impl State {
    /// Adds new findings to the trace.
    fn show_findings(&mut self, at: Timestamp) {
        for finding in &self.court.findings[self.shown..] {
            let what = What::Finding(finding.clone());
            self.trace.push(Step { at, replica: None, shipment: finding.shipment, what });
        }
        self.shown = self.court.findings.len();
    }
}

impl Meddler for Meddling {
    fn fate(&self, _: usize, call: Call, about: About<'_>) -> Fate {
        let Some(outside) = self.outside.upgrade() else { return Fate::default() };
        let (now, shipment) = (outside.clock.right(), Self::shipment(&outside, about));
        let mut state = lock(&self.state);
        state.court.called(call, shipment, now);
        state.faults.fate(call, now)
    }

    fn done(&self, _: usize, call: Call, about: About<'_>, outside: &Outside) {
        let mut state = lock(&self.state);
        state.court.judge(call, about, outside);
        state.show_findings(outside.clock.right());
    }

    fn ended(&self, node: usize, call: Call, about: About<'_>, fault: Option<(u64, &'static str)>, ended: Ended) {
        let Some(outside) = self.outside.upgrade() else { return };
        let (at, shipment) = (outside.clock.right(), Self::shipment(&outside, about));
        let mut state = lock(&self.state);
        if let Some((number, what)) = fault
            && ended == Ended::Failed
            && is_of_shipment(&outside, call, about, shipment)
            && !what.starts_with("throttl")
        {
            state.court.noticed.add(number, Hidden { at, call, replica: node, shipment });
        }
        let fault = fault.map(|(number, what)| Fault { number, what });
        state.trace.push(Step { at, replica: Some(node), shipment, what: What::Call { call, fault, ended } });
    }
}
