//! Gate of a run: which shipments may call the parties that their next step needs.

use std::sync::atomic::{AtomicBool, Ordering};
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

/// Gate of a run.
pub(super) struct Gate<'a> {
    context: &'a Context,
    /// Outages found by the run so far.
    pub(super) outages: Outages,
    /// Held by the shipment that tries a party that did not answer in an earlier run.
    trial: Mutex<()>,
    /// Whether a party that was held answers again.
    recovered: AtomicBool,
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
        Self { context, outages, trial: Mutex::default(), recovered: AtomicBool::new(false) }
    }

    /// Returns the permission for the step of this phase. `None` if the shipment is on hold. Waits for short cooldowns,
    /// and while another shipment tries a party that did not answer before.
    pub(super) async fn enter(&self, phase: PhaseName) -> Option<Entry<'_>> {
        let addressing = self.context.ports.pin_delivery.addressing();
        let parties = needed(phase, addressing);
        self.wait_for_cooldown(parties).await;
        let mut trial = None;
        if self.context.breakers.is_to_be_tried(parties) && !self.outages.hold(phase, addressing) {
            let guard = self.trial.lock().await;
            // The trial for which this shipment waited may have succeeded.
            trial = self.context.breakers.is_to_be_tried(parties).then_some(guard);
        }
        (!self.outages.hold(phase, addressing)).then_some(Entry { phase, _trial: trial })
    }

    /// Records that a step succeeded, so that all parties that it needs answer.
    pub(super) fn succeeded(&self, phase: PhaseName) {
        if self.context.breakers.answered(needed(phase, self.context.ports.pin_delivery.addressing())) {
            self.recovered.store(true, Ordering::Relaxed);
        }
    }

    /// Records the failure of a step. After several unanswered calls, the party is held for the rest of the run.
    pub(super) fn failed(&self, failure: &Failure, shipment: &Shipment) {
        if self.context.breakers.failed(failure, shipment.attempts_with(&failure.short()) > 1) {
            self.outages.add(failure.party, explain(failure));
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
}
