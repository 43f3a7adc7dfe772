//! One shipment, phase by phase.

use std::sync::PoisonError;
use std::time::Duration;

use chrono::TimeDelta;
use keyferry_domain::ports::{FulfilmentStatus, StoreError};
use keyferry_domain::{Actor, Event, EventKind, Failure, Obstacle, ObstacleClass, Phase, Shipment};

use super::{Stops, Worked};
use crate::Engine;
use crate::claim::Claimed;
use crate::failures::{Scope, classify, explain, explain_without_call};
use crate::measure;

/// What one phase's work led to.
pub(super) enum Step {
    /// Another phase: record it and go on. The answer of the delivery service serves the next phase, too.
    On(Phase, Event, Option<FulfilmentStatus>),
    /// The same phase with what is known now, and nothing to do for the time being.
    Stay(Phase, Option<Event>),
    /// The same phase with what is known now, and something stands in the way.
    Held(Phase, Failure),
    /// Nothing is left to do here.
    End,
}

impl Engine {
    /// Takes the shipment as far as it goes, recording each phase before the next begins.
    pub(super) async fn advance(
        &self,
        mut shipment: Shipment,
        claimed: &Claimed<'_>,
        stops: &Stops,
    ) -> Result<Worked, StoreError> {
        let mut worked = Worked::Waiting;
        let mut status = None;
        // A person's `complete` in the record's column is taken over by writing the record.
        if matches!(shipment.phase, Phase::Complete(_)) {
            claimed.replace(&shipment).await?;
            tracing::info!(shipment = %shipment.id, "somebody set this shipment to complete; it is left alone from now on");
            return Ok(Worked::Moved);
        }
        while !stops.hold(&shipment.phase, self.ports.pin_delivery.addressing()) {
            let before = shipment.clone();
            self.note_deadline(&mut shipment);
            match self.step(&shipment, status.take()).await {
                Ok(Step::On(phase, event, seen)) => {
                    tracing::info!(shipment = %shipment.id, phase = phase.name().as_str(), what = %event.detail, "a shipment moved on");
                    shipment.enter(phase, event);
                    claimed.replace(&shipment).await?;
                    measure::moved(shipment.phase.name());
                    (worked, status) = (Worked::Moved, seen);
                }
                Ok(Step::Stay(phase, event)) => {
                    shipment.phase = phase;
                    shipment.clear_obstacle(self.ports.clock.now());
                    if let Some(event) = event {
                        shipment.history.record(event);
                    }
                    if shipment != before {
                        claimed.replace(&shipment).await?;
                    }
                    return Ok(worked);
                }
                Ok(Step::Held(phase, failure)) => {
                    shipment.phase = phase;
                    return self.obstruct(shipment, claimed, &before, &failure).await;
                }
                Ok(Step::End) => return Ok(worked),
                Err(failure) => return self.obstruct(shipment, claimed, &before, &failure).await,
            }
        }
        Ok(worked)
    }

    async fn step(&self, shipment: &Shipment, status: Option<FulfilmentStatus>) -> Result<Step, Failure> {
        match &shipment.phase {
            Phase::Submitting(submitting) => {
                let now = self.ports.clock.now();
                let reason = "The order was about to be sent when the connector stopped. A key may be on its way: look \
                              for it in the delivery service's console, and do not order again before this is resolved.";
                tracing::error!(shipment = %shipment.id, "nobody knows whether this order was sent: it is unconfirmed");
                let event = Event::new(now, EventKind::Unconfirmed, Actor::Processing, reason);
                Ok(Step::On(submitting.clone().unconfirmed(reason, None, now).into(), event, None))
            }
            Phase::Accepted(accepted) => self.look_at_delivery(accepted, shipment).await,
            Phase::Fulfilled(fulfilled) => self.register(fulfilled, shipment, status).await,
            Phase::Registered(registered) => self.hand_over_pins(registered, shipment, status).await,
            Phase::Refused(_) | Phase::Unconfirmed(_) | Phase::Complete(_) | Phase::Cancelled(_) => Ok(Step::End),
        }
    }

    /// Writes a failure down as what stands in the way, or lets it end the run.
    pub(super) async fn obstruct(
        &self,
        mut shipment: Shipment,
        claimed: &Claimed<'_>,
        before: &Shipment,
        failure: &Failure,
    ) -> Result<Worked, StoreError> {
        let rule = classify(failure);
        let message = explain(failure);
        let now = self.ports.clock.now();
        if rule.scope == Scope::Run {
            // Not this shipment's matter, so not written on it; but what was learnt before it is.
            if shipment != *before {
                claimed.replace(&shipment).await?;
            }
            self.leave_alone(failure);
            return Ok(Worked::Stop(failure.party, message));
        }
        let code = failure.short();
        let same = shipment.obstacle.take().filter(|met| met.code == code);
        let attempts = same.as_ref().map_or(0, |met| met.attempts).saturating_add(1);
        let next_attempt =
            (rule.class != ObstacleClass::Final).then(|| now + self.pause_before(attempts, failure.retry_after));
        let since = same.map_or(now, |met| met.since);
        tracing::warn!(shipment = %shipment.id, class = rule.class.as_str(), why = message, "something stands in a shipment's way");
        let obstacle = Obstacle { class: rule.class, code, message, since, attempts, next_attempt };
        shipment.meet(obstacle, &explain_without_call(failure), failure.correlation.clone(), now);
        claimed.replace(&shipment).await?;
        Ok(Worked::Obstructed { next_attempt })
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

    /// Raises the alarm once when a challenge runs out soon and the key is not registered yet.
    fn note_deadline(&self, shipment: &mut Shipment) {
        if !matches!(shipment.phase, Phase::Accepted(_) | Phase::Fulfilled(_)) {
            return;
        }
        let now = self.ports.clock.now();
        let Some(deadline) = shipment.deadline() else {
            return;
        };
        let noted = shipment.history.events().iter().any(|event| event.kind == EventKind::DeadlineNear);
        if noted || deadline - self.settings.deadline_alarm > now {
            return;
        }
        let detail = format!(
            "the identity provider takes the registration until {} only; if the key does not ship before, order a new one",
            deadline.format("%Y-%m-%dT%H:%M:%SZ")
        );
        tracing::warn!(shipment = %shipment.id, %deadline, "a challenge runs out soon and its key is not registered yet");
        shipment.history.record(Event::new(now, EventKind::DeadlineNear, Actor::Processing, detail));
    }
}
