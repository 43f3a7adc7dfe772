//! Gate of a run: which shipments may call the parties that their next step needs.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{self, PoisonError};
use std::time::Duration;

use keyferry_domain::{Failure, FailureClass, Party, PhaseName, Shipment};
use tokio::sync::{Mutex, MutexGuard};

use crate::context::Context;
use crate::failures::explain;
use crate::outages::{Outages, needed};

/// Longest cooldown of a dependency that a run waits for. A longer one is an outage.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// Number of throttled calls of one shipment and run after which the run stops calling the dependency.
const THROTTLED: u32 = 3;

/// Number of shipments after which the next one tries a party that does not answer. It doubles with each trial that
/// fails: the party may work, and only these shipments fail, for example a team whose manager has no mailbox.
const FIRST_TRIAL: u32 = 10;

/// Gate of a run.
pub(super) struct Gate<'a> {
    context: &'a Context,
    /// Outages found by the run so far.
    pub(super) outages: Outages,
    /// Held by the shipment that tries a party that did not answer.
    trial: Mutex<()>,
    /// Parties that left calls of this run unanswered.
    held: sync::Mutex<BTreeMap<Party, Held>>,
    /// Whether a party that was held answers again.
    recovered: AtomicBool,
    /// Whether a shipment was skipped because of an outage.
    skipped: AtomicBool,
}

/// Party that does not answer.
struct Held {
    /// Shipments that are still skipped before the next one tries the party.
    left: u32,
    /// Number of shipments that were skipped before the last trial, or will be before the first one.
    gap: u32,
}

/// Permission to take the next step of one shipment.
pub(super) struct Entry<'a> {
    phase: PhaseName,
    _trial: Option<MutexGuard<'a, ()>>,
}

impl Entry<'_> {
    pub(super) fn is_for(&self, phase: PhaseName) -> bool {
        self.phase == phase
    }
}

impl<'a> Gate<'a> {
    pub(super) fn new(context: &'a Context) -> Self {
        let outages = Outages::new(context.cooldowns.at(context.ports.clock.as_ref(), LONGEST_WAIT));
        Self {
            context,
            outages,
            trial: Mutex::default(),
            held: sync::Mutex::default(),
            recovered: AtomicBool::new(false),
            skipped: AtomicBool::new(false),
        }
    }

    /// Returns the permission for the step of this phase. `None` if the shipment is on hold. Waits for short cooldowns,
    /// and while another shipment tries a party that did not answer before.
    pub(super) async fn enter(&self, phase: PhaseName) -> Option<Entry<'_>> {
        let addressing = self.context.ports.pin_delivery.addressing();
        let parties = needed(phase, addressing);
        self.wait_for_cooldown(parties).await;
        let mut trial = None;
        let mut is_on_hold = self.outages.hold(phase, addressing);
        if is_on_hold && self.is_trial(parties) {
            trial = Some(self.trial.lock().await);
            is_on_hold = false;
        } else if !is_on_hold && self.context.breakers.is_to_be_tried(parties) {
            let guard = self.trial.lock().await;
            // The trial for which this shipment waited may have succeeded.
            trial = self.context.breakers.is_to_be_tried(parties).then_some(guard);
            is_on_hold = self.outages.hold(phase, addressing);
        }
        if is_on_hold {
            self.skipped.store(true, Ordering::Relaxed);
        }
        (!is_on_hold).then_some(Entry { phase, _trial: trial })
    }

    /// Returns whether a shipment that is on hold is to try these parties. Never if one of them has another outage than
    /// calls without an answer, which says nothing about the next shipment.
    fn is_trial(&self, parties: &[Party]) -> bool {
        let mut held = self.held();
        let mut is_trial = true;
        // Each party counts, also after one that is not to be tried.
        for party in parties.iter().filter(|party| self.outages.is_out(**party)) {
            is_trial &= match held.get_mut(party) {
                None => false,
                Some(held) if held.left > 0 => {
                    held.left -= 1;
                    false
                }
                Some(held) => {
                    held.gap = held.gap.saturating_mul(2);
                    held.left = held.gap;
                    true
                }
            };
        }
        is_trial
    }

    fn held(&self) -> sync::MutexGuard<'_, BTreeMap<Party, Held>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records that a step succeeded, so that all parties that it needs answer.
    pub(super) fn succeeded(&self, phase: PhaseName) {
        let parties = needed(phase, self.context.ports.pin_delivery.addressing());
        if self.context.breakers.answered(parties) {
            self.recovered.store(true, Ordering::Relaxed);
            let mut held = self.held();
            for party in parties.iter().filter(|party| held.remove(party).is_some()) {
                self.outages.end(*party);
            }
        }
    }

    /// Records the failure of a step. After several unanswered calls, the party is held: only a few shipments try it in
    /// the rest of the run.
    pub(super) fn failed(&self, failure: &Failure, shipment: &Shipment) {
        if self.context.breakers.failed(failure, shipment.attempts_with(&failure.short()) > 1) {
            self.outages.add(failure.party, explain(failure));
            self.held().entry(failure.party).or_insert(Held { left: FIRST_TRIAL, gap: FIRST_TRIAL });
        }
    }

    /// Begins the pause that a throttled call asks for. Returns whether the step may be repeated after it. `times` is
    /// the number of throttled calls of this shipment and run.
    pub(super) fn throttled(&self, failure: &Failure, times: u32) -> bool {
        if failure.class() != FailureClass::Throttled || times >= THROTTLED || self.context.stopping.is_cancelled() {
            return false;
        }
        let pause = failure.retry_after.unwrap_or_default();
        self.context.cooldowns.set(failure.party, pause, self.context.ports.clock.as_ref());
        pause <= LONGEST_WAIT
    }

    async fn wait_for_cooldown(&self, parties: &[Party]) {
        let clock = self.context.ports.clock.as_ref();
        while let Some(left) = self.context.cooldowns.left(parties, clock).filter(|left| *left <= LONGEST_WAIT) {
            tokio::select! {
                () = self.context.stopping.cancelled() => return,
                () = clock.sleep(left) => {}
            }
        }
    }

    /// Returns whether a party that was held answers again.
    pub(super) fn has_recovered(&self) -> bool {
        self.recovered.load(Ordering::Relaxed)
    }

    /// Returns whether a shipment was skipped because of an outage, which may be over.
    pub(super) fn has_skipped(&self) -> bool {
        self.skipped.load(Ordering::Relaxed)
    }
}
