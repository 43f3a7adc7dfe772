//! Processing of one shipment, phase by phase.

use keyferry_domain::ports::{DeliveryStatus, StoreError};
use keyferry_domain::{Change, Failure, NewObstacle, Note, ObstacleClass, Phased, Shipment};

use super::backoff::pause_before;
use super::fulfil::check_delivery;
use super::hand_over::hand_over_pins;
use super::register::register;
use super::step::Step;
use super::watch::watch;
use super::worked::Worked;
use crate::claim::Claimed;
use crate::context::Context;
use crate::failures::{Meaning, Scope, explain, explain_without_call, meaning};
use crate::outages::Outages;

/// Claimed shipment in a run.
pub(super) struct Advance<'a> {
    pub(super) context: &'a Context,
    pub(super) claimed: &'a Claimed<'a>,
    /// Outages found by the run so far.
    pub(super) outages: &'a Outages,
}

impl Advance<'_> {
    /// Advances the shipment as far as possible. Commits each phase before the next one starts.
    pub(super) async fn advance(&self, change: Change) -> Result<Worked, StoreError> {
        let (context, claimed) = (self.context, self.claimed);
        if change.is_changed() {
            let shipment = claimed.commit(change).await?;
            tracing::info!(shipment = %shipment.id(), "recorded completion by hand");
            return Ok(Worked::Moved);
        }
        let (mut worked, mut status) = (Worked::Waiting, None);
        let mut shipment = change.into_shipment();
        while !self.outages.hold(shipment.phase().name(), context.ports.pin_delivery.addressing()) {
            shipment = self.note_deadline(shipment).await?;
            match step(context, shipment, status.take()).await {
                Step::On(change, seen) => {
                    shipment = claimed.commit(change).await?;
                    // Logged after the commit, which may conflict. The event's text stays in the history: it may name
                    // the addressees of a PIN.
                    let phase = shipment.phase().name();
                    tracing::info!(shipment = %shipment.id(), phase = phase.as_str(), "shipment entered phase");
                    context.metrics.moved(phase);
                    if shipment.cancellation().is_some() {
                        // Watching ends only with a confirmed cancellation.
                        context.drop_secret(shipment.id()).await;
                    }
                    (worked, status) = (Worked::Moved, seen);
                }
                Step::Stay(change) => {
                    let change = change.then(|shipment| shipment.clear_obstacle(context.now()));
                    if change.is_changed() {
                        claimed.commit(change).await?;
                    }
                    return Ok(worked);
                }
                Step::Held(change, failure) => return self.obstruct(change, &failure).await,
                Step::End => return Ok(worked),
            }
        }
        Ok(worked)
    }

    /// Records a failure as the shipment's obstacle, or reports it as an outage of the run.
    pub(super) async fn obstruct(&self, change: Change, failure: &Failure) -> Result<Worked, StoreError> {
        let Meaning { class, scope } = meaning(failure.class());
        let message = explain(failure);
        let at = self.context.now();
        if scope == Scope::Run {
            // An outage is not recorded on the shipment. Earlier changes of this step are committed.
            if change.is_changed() {
                self.claimed.commit(change).await?;
            }
            if let Some(pause) = failure.retry_after {
                self.context.cooldowns.set(failure.party, pause, at);
            }
            return Ok(Worked::Outage(failure.party, message));
        }
        let (id, code) = (change.shipment().id(), failure.short());
        let attempts = change.shipment().attempts_with(&code);
        let pause = pause_before(attempts, failure.retry_after, self.context.ports.entropy.as_ref());
        let next_attempt = (class != ObstacleClass::Final).then(|| at + pause);
        tracing::warn!(shipment = %id, class = class.as_str(), reason = message, "shipment has an obstacle");
        let obstacle = NewObstacle {
            class,
            code,
            message,
            summary: explain_without_call(failure),
            correlation: failure.correlation.clone(),
            next_attempt,
            at,
        };
        self.claimed.commit(change.then(|shipment| shipment.meet(obstacle))).await?;
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
}

async fn step(context: &Context, shipment: Shipment, known: Option<DeliveryStatus>) -> Step {
    match shipment.phased() {
        Phased::Submitting(it) => {
            let reason = "Keyferry stopped while it was sending the order. A key may be on its way. Look for the order \
                          in the delivery service's console, and do not order again before this shipment is resolved.";
            tracing::error!(shipment = %it.id(), "order is unconfirmed: Keyferry stopped while sending it");
            Step::On(it.lose(reason, Note::new(context.now(), reason)), None)
        }
        Phased::Accepted(it) => check_delivery(context, it).await,
        Phased::Fulfilled(it) => register(context, it, known).await,
        Phased::Registered(it) => hand_over_pins(context, it, known).await,
        Phased::Cancelling(it) => watch(context, it).await,
        Phased::Refused(_) | Phased::Unconfirmed(_) | Phased::Complete(_) | Phased::Cancelled(_) => Step::End,
    }
}
