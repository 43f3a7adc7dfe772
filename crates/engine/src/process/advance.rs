//! One shipment, phase by phase.

use std::sync::PoisonError;
use std::time::Duration;

use chrono::TimeDelta;
use keyferry_domain::ports::{FulfilmentStatus, StoreError};
use keyferry_domain::{Change, Failure, NewObstacle, Note, ObstacleClass, Phased, Shipment};

use super::{Stops, Worked};
use crate::Engine;
use crate::claim::Claimed;
use crate::failures::{Scope, classify, explain, explain_without_call};
use crate::measure;

/// What one phase's work led to.
pub(super) enum Step {
    /// Another phase: record it and go on. The delivery service's answer serves the next phase, too.
    On(Change, Option<FulfilmentStatus>),
    /// The same phase with what is known now, and nothing to do until the next run.
    Stay(Change),
    /// The same phase with what is known now, and an obstacle.
    Held(Change, Failure),
    /// There is nothing to do in this phase.
    End,
}

impl Engine {
    /// Takes the shipment as far as it goes, recording each phase before the next begins.
    pub(super) async fn advance(
        &self,
        change: Change,
        claimed: &Claimed<'_>,
        stops: &Stops,
    ) -> Result<Worked, StoreError> {
        if change.is_changed() {
            let shipment = claimed.commit(change).await?;
            tracing::info!(shipment = %shipment.id(), "somebody set this shipment to complete; it is left alone from now on");
            return Ok(Worked::Moved);
        }
        let (mut worked, mut status) = (Worked::Waiting, None);
        let mut shipment = change.into_shipment();
        while !stops.hold(shipment.phase().name(), self.ports.pin_delivery.addressing()) {
            shipment = self.note_deadline(shipment, claimed).await?;
            match self.step(shipment, status.take()).await {
                Step::On(change, seen) => {
                    let (id, phase) = (change.shipment().id(), change.shipment().phase().name());
                    let what = change.events().last().map(|event| event.detail.clone());
                    tracing::info!(shipment = %id, phase = phase.as_str(), what, "a shipment moved on");
                    shipment = claimed.commit(change).await?;
                    measure::moved(phase);
                    (worked, status) = (Worked::Moved, seen);
                }
                Step::Stay(change) => {
                    let change = change.then(|shipment| shipment.clear_obstacle(self.ports.clock.now()));
                    if change.is_changed() {
                        claimed.commit(change).await?;
                    }
                    return Ok(worked);
                }
                Step::Held(change, failure) => return self.obstruct(change, claimed, &failure).await,
                Step::End => return Ok(worked),
            }
        }
        Ok(worked)
    }

    async fn step(&self, shipment: Shipment, status: Option<FulfilmentStatus>) -> Step {
        match shipment.phased() {
            Phased::Submitting(it) => {
                let reason = "The order was about to be sent when the connector stopped. A key may be on its way: look \
                              for it in the delivery service's console, and do not order again before this is resolved.";
                tracing::error!(shipment = %it.id(), "nobody knows whether this order was sent: it is unconfirmed");
                Step::On(it.lose(reason, Note::new(self.ports.clock.now(), reason)), None)
            }
            Phased::Accepted(it) => self.look_at_delivery(it).await,
            Phased::Fulfilled(it) => self.register(it, status).await,
            Phased::Registered(it) => self.hand_over_pins(it, status).await,
            Phased::Refused(_) | Phased::Unconfirmed(_) | Phased::Complete(_) | Phased::Cancelled(_) => Step::End,
        }
    }

    /// Records a failure as the shipment's obstacle, or lets it end the run.
    pub(super) async fn obstruct(
        &self,
        change: Change,
        claimed: &Claimed<'_>,
        failure: &Failure,
    ) -> Result<Worked, StoreError> {
        let rule = classify(failure);
        let message = explain(failure);
        let at = self.ports.clock.now();
        if rule.scope == Scope::Run {
            // Not this shipment's matter, so not written on it; but what was learnt before it is.
            if change.is_changed() {
                claimed.commit(change).await?;
            }
            self.leave_alone(failure);
            return Ok(Worked::Stop(failure.party, message));
        }
        let (id, code) = (change.shipment().id(), failure.short());
        let attempts = change.shipment().attempts_with(&code);
        let next_attempt =
            (rule.class != ObstacleClass::Final).then(|| at + self.pause_before(attempts, failure.retry_after));
        tracing::warn!(shipment = %id, class = rule.class.as_str(), why = message, "something stands in a shipment's way");
        let obstacle = NewObstacle {
            class: rule.class,
            code,
            message,
            summary: explain_without_call(failure),
            correlation: failure.correlation.clone(),
            next_attempt,
            at,
        };
        claimed.commit(change.then(|shipment| shipment.meet(obstacle))).await?;
        Ok(Worked::Obstructed)
    }

    /// Remembers that a party asked to be left alone: the next runs respect it.
    fn leave_alone(&self, failure: &Failure) {
        let asked = failure.retry_after.and_then(|pause| TimeDelta::from_std(pause).ok());
        if let Some(pause) = asked {
            let until = self.ports.clock.now() + pause.min(TimeDelta::hours(1));
            self.pauses.lock().unwrap_or_else(PoisonError::into_inner).insert(failure.party, until);
        }
    }

    /// Doubling from one minute to one hour, with up to a fifth more by chance, and never less than was asked for.
    fn pause_before(&self, attempts: u32, retry_after: Option<Duration>) -> TimeDelta {
        let doubled = 60 * 2_u64.pow(attempts.saturating_sub(1).min(6));
        let mut chance = [0; 1];
        self.ports.entropy.fill(&mut chance);
        let millis = doubled.min(3600) * 1000 * (1000 + u64::from(chance[0]) * 200 / 255) / 1000;
        let pause = Duration::from_millis(millis).max(retry_after.unwrap_or_default());
        TimeDelta::from_std(pause).unwrap_or(TimeDelta::hours(1))
    }

    /// Raises the alarm once when a challenge expires soon and the key is not registered yet.
    async fn note_deadline(&self, shipment: Shipment, claimed: &Claimed<'_>) -> Result<Shipment, StoreError> {
        let alarm = shipment.raise_deadline_alarm(self.settings.deadline_alarm, self.ports.clock.now());
        if !alarm.is_changed() {
            return Ok(alarm.into_shipment());
        }
        let (id, deadline) = (alarm.shipment().id(), alarm.shipment().deadline());
        tracing::warn!(shipment = %id, ?deadline, "a challenge runs out soon and its key is not registered yet");
        claimed.commit(alarm).await
    }
}
