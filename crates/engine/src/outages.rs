//! Outages of dependencies. An outage puts all shipments that need the dependency on hold, and is reported once.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::TimeDelta;
use keyferry_domain::ports::{Addressing, Counts};
use keyferry_domain::{Clock, ObstacleClass, Party, PhaseName, Timestamp};

/// Failing dependencies with their reasons.
#[derive(Default)]
pub(crate) struct Outages(Mutex<BTreeMap<Party, String>>);

impl Outages {
    pub(crate) fn new(reasons: BTreeMap<Party, String>) -> Self {
        Self(Mutex::new(reasons))
    }

    /// Adds an outage and keeps the first reason. Returns whether the outage is new.
    pub(crate) fn add(&self, party: Party, reason: String) -> bool {
        let mut reasons = self.reasons();
        let is_new = !reasons.contains_key(&party);
        reasons.entry(party).or_insert(reason);
        is_new
    }

    /// Ends an outage. Returns whether there was one.
    pub(crate) fn end(&self, party: Party) -> bool {
        self.reasons().remove(&party).is_some()
    }

    pub(crate) fn replace(&self, reasons: &BTreeMap<Party, String>) {
        self.reasons().clone_from(reasons);
    }

    /// Returns the failing dependencies with their reasons.
    pub(crate) fn all(&self) -> BTreeMap<Party, String> {
        self.reasons().clone()
    }

    /// Returns why a shipment in this phase is on hold, if it is.
    pub(crate) fn reason_for(&self, phase: PhaseName, addressing: Addressing) -> Option<String> {
        let reasons = self.reasons();
        needed(phase, addressing).iter().find_map(|party| reasons.get(party)).cloned()
    }

    /// Returns whether a shipment in this phase is on hold.
    pub(crate) fn hold(&self, phase: PhaseName, addressing: Addressing) -> bool {
        self.reason_for(phase, addressing).is_some()
    }

    /// Returns whether the dependency fails.
    pub(crate) fn is_out(&self, party: Party) -> bool {
        self.reasons().contains_key(&party)
    }

    /// Returns whether all shipments are on hold.
    pub(crate) fn hold_all(&self) -> bool {
        let reasons = self.reasons();
        reasons.contains_key(&Party::Store) || reasons.contains_key(&Party::DeliveryService)
    }

    pub(crate) fn into_inner(self) -> BTreeMap<Party, String> {
        self.0.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    fn reasons(&self) -> MutexGuard<'_, BTreeMap<Party, String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns the number of shipments that need the party for their next step and have no final obstacle.
pub(crate) fn number_on_hold(party: Party, counts: &Counts, addressing: Addressing) -> u64 {
    let phases = PhaseName::OPEN.into_iter().filter(|phase| needed(*phase, addressing).contains(&party));
    let classes = || [None, Some(ObstacleClass::Retry), Some(ObstacleClass::Attention)].into_iter();
    phases.flat_map(|phase| classes().map(move |class| counts.of(phase, class))).sum()
}

/// Cooldowns of dependencies: the times until which they must not be called. On the monotonic clock, so that a wall
/// clock that is set back does not prolong them.
#[derive(Default)]
pub(crate) struct Cooldowns(Mutex<BTreeMap<Party, Duration>>);

impl Cooldowns {
    /// Starts a cooldown of `pause`: at least one second, so that runs do not follow each other without a pause, and at
    /// most one hour, so that one wrong response cannot stop processing for days.
    pub(crate) fn set(&self, party: Party, pause: Duration, clock: &dyn Clock) {
        let pause = pause.clamp(Duration::from_secs(1), Duration::from_secs(3600));
        self.ends().insert(party, clock.monotonic() + pause);
    }

    /// Returns the dependencies whose cooldown lasts longer than `at_least`, with the reason.
    pub(crate) fn at(&self, clock: &dyn Clock, at_least: Duration) -> BTreeMap<Party, String> {
        let (mut ends, now) = (self.current(clock), clock.monotonic());
        ends.retain(|_, end| *end - now > at_least);
        let reason = |party, end| {
            format!("The {party} asked Keyferry to back off until {}.", wall_time(end, clock).format("%H:%M:%SZ"))
        };
        ends.iter().map(|(party, end)| (*party, reason(*party, *end))).collect()
    }

    /// Returns the end of the last cooldown.
    pub(crate) fn last_end(&self, clock: &dyn Clock) -> Option<Timestamp> {
        self.current(clock).values().max().map(|end| wall_time(*end, clock))
    }

    /// Returns the time until the last cooldown of these dependencies ends.
    pub(crate) fn left(&self, parties: &[Party], clock: &dyn Clock) -> Option<Duration> {
        let (ends, now) = (self.current(clock), clock.monotonic());
        parties.iter().filter_map(|party| ends.get(party)).max().map(|end| *end - now)
    }

    /// Returns the dependencies that are in cooldown, and removes the others.
    fn current(&self, clock: &dyn Clock) -> BTreeMap<Party, Duration> {
        let (mut ends, now) = (self.ends(), clock.monotonic());
        ends.retain(|_, end| *end > now);
        ends.clone()
    }

    fn ends(&self) -> MutexGuard<'_, BTreeMap<Party, Duration>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Converts a time of the monotonic clock.
fn wall_time(at: Duration, clock: &dyn Clock) -> Timestamp {
    let delta = |span| TimeDelta::from_std(span).unwrap_or_default();
    clock.now() + delta(at) - delta(clock.monotonic())
}

/// Returns the dependencies that a shipment in this phase needs for its next step.
pub(crate) fn needed(phase: PhaseName, addressing: Addressing) -> &'static [Party] {
    use Party::{DeliveryService, IdentityProvider, PinDelivery, Store, TokenEndpoint};
    match (phase, addressing) {
        (PhaseName::Queued, _) => &[Store, TokenEndpoint, IdentityProvider, DeliveryService],
        (PhaseName::Submitting, _) => &[Store],
        (PhaseName::Accepted | PhaseName::Cancelling, _) => &[Store, DeliveryService],
        (PhaseName::Fulfilled, _) => &[Store, DeliveryService, TokenEndpoint, IdentityProvider],
        (PhaseName::Registered, Addressing::ByTheOtherSide) => &[Store, DeliveryService, PinDelivery],
        (PhaseName::Registered, Addressing::Resolved) => {
            &[Store, DeliveryService, TokenEndpoint, IdentityProvider, PinDelivery]
        }
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An outage must put only those shipments on hold whose next step needs the dependency.
    #[test]
    fn outage_holds_only_phases_that_need_the_party() {
        use Addressing::{ByTheOtherSide, Resolved};
        use Party::{DeliveryService, Factory, IdentityProvider, PinDelivery, Store, TokenEndpoint};
        let to_register = [Store, DeliveryService, TokenEndpoint, IdentityProvider];
        let with_directory = [Store, DeliveryService, TokenEndpoint, IdentityProvider, PinDelivery];
        for (phase, addressing, needed) in [
            (PhaseName::Submitting, Resolved, &[Store][..]),
            (PhaseName::Accepted, Resolved, &[Store, DeliveryService]),
            (PhaseName::Cancelling, Resolved, &[Store, DeliveryService]),
            (PhaseName::Fulfilled, Resolved, &to_register),
            (PhaseName::Registered, ByTheOtherSide, &[Store, DeliveryService, PinDelivery]),
            (PhaseName::Registered, Resolved, &with_directory),
            (PhaseName::Complete, Resolved, &[]),
        ] {
            for party in [Store, DeliveryService, TokenEndpoint, IdentityProvider, PinDelivery, Factory] {
                let outages = Outages::new(BTreeMap::from([(party, "down".to_owned())]));
                assert_eq!(outages.hold(phase, addressing), needed.contains(&party), "{phase:?} {party}");
            }
        }
    }
}
