//! Processing of one shipment, phase by phase.

use keyferry_domain::ports::{CLOCK_TOLERANCE, StoreError};
use keyferry_domain::{Change, Failure, Note, Phase, PhaseName, Phased, Shipment};

use super::fulfil::check_delivery;
use super::gate::{Entry, Gate};
use super::hand_over::hand_over_pins;
use super::obstacle::obstacle;
use super::pass::Pass;
use super::register::register;
use super::step::{Before, Step};
use super::watch::watch;
use super::worked::Worked;
use crate::claim::{Claimed, Then};
use crate::context::Context;
use crate::failures::person::objected;
use crate::failures::{Meaning, Scope, explain, meaning};
use crate::person;

/// Shipment in a run.
pub(super) struct Advance<'a> {
    pub(super) context: &'a Context,
    pub(super) claimed: &'a Claimed<'a>,
    pub(super) gate: &'a Gate<'a>,
    pub(super) pass: Pass,
}

impl Advance<'_> {
    /// Advances the shipment as far as the pass and the gate allow. Commits each phase before the next one starts, and
    /// claims the record before a step that acts outside. `entry` permits the first step.
    pub(super) async fn advance(&self, change: Change, entry: Entry<'_>) -> Result<Worked, StoreError> {
        let (context, claimed) = (self.context, self.claimed);
        if change.is_changed() {
            let shipment = claimed.commit(change).await?;
            tracing::info!(shipment = %shipment.id(), "recorded completion by hand");
            return Ok(Worked::Moved);
        }
        let (mut worked, mut before) = (Worked::Waiting, None);
        let (mut shipment, mut first, mut throttled) = (change.into_shipment(), Some(entry), 0);
        while self.pass.covers(shipment.phase().name()) && !is_stopped(&shipment) {
            let phase = shipment.phase().name();
            // An entry for another phase is dropped first: it may be the one for which the next one waits.
            let entry = match first.take().filter(|entry| entry.is_for(phase)) {
                Some(entry) => Some(entry),
                None => self.gate.enter(phase).await,
            };
            let Some(_entry) = entry else { return Ok(worked) };
            let (is_on_hold, is_recorded) = person::is_on_hold(&shipment);
            if acts(shipment.phase()) && !is_on_hold {
                claimed.hold().await?;
            }
            shipment = self.note_deadline(shipment).await?;
            shipment = self.note_late(shipment).await?;
            if is_on_hold {
                if !is_recorded {
                    self.obstruct(Change::none(shipment), &objected()).await?;
                }
                return Ok(worked);
            }
            match step(context, shipment, before.take()).await {
                Step::On(change, seen) => {
                    self.gate.succeeded(phase);
                    let then = match change.shipment().phase() {
                        next if !self.pass.covers(next.name()) => Then::Release,
                        next if acts(next) => Then::Hold,
                        _ => Then::Same,
                    };
                    // Another worker can take a claim earlier by as much as its clock is ahead.
                    let alone_until = context.now() + context.settings.claim.saturating_sub(CLOCK_TOLERANCE);
                    shipment = claimed.commit_then(change, then).await?;
                    // Logged after the commit, which may conflict. The event's text stays in the history: it may name
                    // the addressees of a PIN.
                    let phase = shipment.phase().name();
                    tracing::info!(shipment = %shipment.id(), phase = phase.as_str(), "shipment entered phase");
                    context.metrics.moved(phase);
                    if phase == PhaseName::Unconfirmed {
                        context.ledger.unconfirmed(shipment.id(), context.now()).await;
                    }
                    if shipment.cancellation().is_some() {
                        // Watching ends only with a confirmed cancellation.
                        context.drop_secret(shipment.id()).await;
                    }
                    before = seen.map(|status| Before { status, alone_until });
                    worked = Worked::Moved;
                }
                Step::Stay(change) => {
                    self.gate.succeeded(phase);
                    let change = change.then(|shipment| shipment.clear_obstacle(context.now()));
                    if change.is_changed() {
                        claimed.commit_then(change, Then::Release).await?;
                    }
                    return Ok(worked);
                }
                Step::Held(change, failure) => {
                    self.gate.failed(&failure, change.shipment());
                    throttled += 1;
                    if self.gate.throttled(&failure, throttled) {
                        shipment =
                            if change.is_changed() { claimed.commit(change).await? } else { change.into_shipment() };
                        continue;
                    }
                    return self.obstruct(change, &failure).await;
                }
                Step::End => return Ok(worked),
            }
        }
        // Only the first pass stops before a phase that the other one covers.
        Ok(if worked == Worked::Moved && shipment.phase().name() == PhaseName::Registered {
            Worked::Registered
        } else {
            worked
        })
    }

    /// Records a failure as the shipment's obstacle, or reports it as an outage of the run.
    pub(super) async fn obstruct(&self, change: Change, failure: &Failure) -> Result<Worked, StoreError> {
        let Meaning { class, scope } = meaning(failure.class());
        if scope == Scope::Run {
            // An outage is not recorded on the shipment. Earlier changes of this step are committed.
            if change.is_changed() {
                self.claimed.commit(change).await?;
            }
            if let Some(pause) = failure.retry_after {
                self.context.cooldowns.set(failure.party, pause, self.context.ports.clock.as_ref());
            }
            let message = explain(failure);
            self.gate.outages.add(failure.party, message.clone());
            return Ok(Worked::Outage(failure.party, message));
        }
        let obstacle = obstacle(self.context, change.shipment(), failure, class);
        self.claimed.commit_then(change.then(|shipment| shipment.meet(obstacle)), Then::Release).await?;
        Ok(Worked::Obstructed)
    }

    /// Raises the alarm if a challenge expires soon and the key is not registered yet.
    async fn note_deadline(&self, shipment: Shipment) -> Result<Shipment, StoreError> {
        let alarm = shipment.raise_deadline_alarm(self.context.settings.deadline_alarm, self.context.now());
        if !alarm.is_changed() {
            return Ok(alarm.into_shipment());
        }
        let (id, deadline) = (alarm.shipment().id(), alarm.shipment().deadline());
        tracing::warn!(shipment = %id, ?deadline, "challenge expires soon and its key is not registered");
        self.claimed.commit(alarm).await
    }

    /// Raises the alarm if the key will arrive too late.
    async fn note_late(&self, shipment: Shipment) -> Result<Shipment, StoreError> {
        let alarm = shipment.raise_late_alarm(self.context.settings.usual_delivery_days, self.context.now());
        if !alarm.is_changed() {
            return Ok(alarm.into_shipment());
        }
        let (id, needed_by) = (alarm.shipment().id(), alarm.shipment().info().needed_by);
        tracing::warn!(shipment = %id, ?needed_by, "key will arrive later than it is needed");
        self.claimed.commit(alarm).await
    }
}

/// Returns whether nothing may be done for the shipment but to finish its withdrawal: its key must not be registered,
/// and no PIN be released. An order that is being sent and a cancellation are watched.
pub(super) fn is_stopped(shipment: &Shipment) -> bool {
    shipment.is_being_withdrawn() && !matches!(shipment.phase(), Phase::Submitting(_) | Phase::Cancelling(_))
}

/// Returns whether the step of the phase can have an effect outside, for which the record must be claimed. The others
/// only ask, and their commit fails if another worker was faster.
fn acts(phase: &Phase) -> bool {
    match phase {
        Phase::Fulfilled(_) | Phase::Registered(_) => true,
        Phase::Cancelling(it) => it.maybe_registered().is_some() || (it.deleted.is_none() && !it.key_exists()),
        _ => false,
    }
}

async fn step(context: &Context, shipment: Shipment, before: Option<Before>) -> Step {
    match shipment.phased() {
        Phased::Submitting(it) => {
            let reason = "Keyferry stopped while it was sending the order. A key may be on its way. Look for the order \
                          in the delivery service's console, and do not order again before this shipment is resolved.";
            tracing::error!(shipment = %it.id(), "order is unconfirmed: Keyferry stopped while sending it");
            Step::On(it.lose(reason, Note::new(context.now(), reason)), None)
        }
        Phased::Accepted(it) => check_delivery(context, it).await,
        Phased::Fulfilled(it) => register(context, it, before).await,
        Phased::Registered(it) => hand_over_pins(context, it).await,
        Phased::Cancelling(it) => watch(context, it).await,
        // The dispatcher sends queued orders.
        Phased::Queued(_)
        | Phased::Refused(_)
        | Phased::Unconfirmed(_)
        | Phased::Complete(_)
        | Phased::Cancelled(_) => Step::End,
    }
}
