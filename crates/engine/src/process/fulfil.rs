//! Accepted: how the delivery service gets on.

use chrono::TimeDelta;
use keyferry_domain::ports::FulfilmentStatus;
use keyferry_domain::{
    Accepted, Actor, Event, EventKind, Failure, FailureKind, FulfilmentId, Obstacle, Operation, Party, Shipment,
    Timestamp,
};

use super::advance::Step;
use crate::Engine;
use crate::states::{self, Treatment};

impl Engine {
    pub(super) async fn look_at_delivery(&self, accepted: &Accepted, shipment: &Shipment) -> Result<Step, Failure> {
        let now = self.ports.clock.now();
        let status = match self.delivery_status(&accepted.fulfilment_id).await {
            Err(unknown) if self.is_cancelled(shipment, &unknown) => {
                let (reason, event) = cancellation(&unknown, now);
                return Ok(Step::On(accepted.clone().cancelled(reason, now).into(), event, None));
            }
            answer => answer?,
        };
        let changed = accepted.state.as_ref() != Some(&status.state);
        let seen = accepted.clone().seen(status.state.clone(), status.tracking.clone());
        let hold = |seen: Accepted, code| Ok(Step::Held(seen.into(), found(&status, code, &state_line(&status))));
        match status.state.id.and_then(states::lookup).map(|state| state.treatment) {
            None => hold(seen, "unknown-state"),
            Some(Treatment::NeedsEditing) => hold(seen, "needs-editing"),
            Some(Treatment::Failed) => hold(seen, "delivery-failed"),
            Some(Treatment::Ongoing) => {
                let event = changed.then(|| {
                    Event::new(now, EventKind::StateChanged, Actor::Processing, state_line(&status))
                        .with_correlation(Some(status.correlation.clone()))
                });
                Ok(Step::Stay(seen.into(), event))
            }
            Some(Treatment::Ready) => {
                if let Err(failure) = check_items(&status, shipment) {
                    return Ok(Step::Held(seen.into(), failure));
                }
                let keys: Vec<_> = status.items.iter().map(|item| item.hardware.clone()).collect();
                let serials: Vec<_> = keys.iter().map(|key| key.serial.as_str()).collect();
                let detail = format!("{}; made: {}", state_line(&status), serials.join(", "));
                let event = Event::new(now, EventKind::Fulfilled, Actor::Processing, detail)
                    .with_correlation(Some(status.correlation.clone()));
                Ok(Step::On(seen.fulfilled(keys, now).into(), event, Some(status)))
            }
        }
    }
}

/// The code of the obstacle that the delivery service does not know a shipment.
const UNKNOWN: &str = "shipment-unknown";

/// How often, and for how long, it must say so before it is believed: a wrong address or somebody else's token says the
/// same of every shipment.
const TIMES: u32 = 3;
const LONG_ENOUGH: TimeDelta = TimeDelta::days(1);

impl Engine {
    /// How the shipment fares. That it is unknown there is a failure of its own.
    pub(super) async fn delivery_status(&self, id: &FulfilmentId) -> Result<FulfilmentStatus, Failure> {
        self.ports.fulfilment.status(id).await.map_err(|failure| {
            if failure.party == Party::DeliveryService && failure.status() == Some(404) {
                let message = format!("The delivery service does not know the shipment {id}: {}", failure.message);
                Failure { kind: FailureKind::Found(UNKNOWN), message, ..failure }
            } else {
                failure
            }
        })
    }

    /// Whether the delivery service has said long enough that it does not know the shipment.
    pub(super) fn is_cancelled(&self, shipment: &Shipment, failure: &Failure) -> bool {
        let long_enough = |met: &Obstacle| met.since + LONG_ENOUGH <= self.ports.clock.now();
        failure.code() == Some(UNKNOWN)
            && shipment
                .obstacle
                .as_ref()
                .is_some_and(|met| met.code == UNKNOWN && met.attempts >= TIMES && long_enough(met))
    }
}

pub(super) fn cancellation(failure: &Failure, now: Timestamp) -> (String, Event) {
    tracing::error!(%failure, "a shipment is cancelled: the delivery service has not known it for a day");
    let event = Event::new(now, EventKind::Cancelled, Actor::Processing, failure.message.clone())
        .with_correlation(failure.correlation.clone());
    (failure.to_string(), event)
}

/// A delivery that failed is no success, however far the rest has come.
pub(super) fn refuse_failed(status: &FulfilmentStatus) -> Result<(), Failure> {
    match status.state.id.and_then(states::lookup).map(|state| state.treatment) {
        Some(Treatment::Failed) => Err(found(status, "delivery-failed", &state_line(status))),
        _ => Ok(()),
    }
}

/// Each ordered key is there, with one response for each of its credentials.
pub(super) fn check_items(status: &FulfilmentStatus, shipment: &Shipment) -> Result<(), Failure> {
    if status.items.is_empty() {
        return Err(found(status, "responses-missing", "The shipment is ready, but names no key"));
    }
    if status.items.len() != shipment.keys.len() {
        let what = format!("{} keys were ordered and {} are reported", shipment.keys.len(), status.items.len());
        return Err(found(status, "unexpected-keys", &what));
    }
    for (item, key) in status.items.iter().zip(&shipment.keys) {
        let (there, ordered) = (item.credential_responses.len(), key.credentials.len());
        if there == 0 {
            return Err(found(
                status,
                "responses-missing",
                "The shipment is ready, but its credential response is missing",
            ));
        }
        if there != ordered {
            let what = format!("{ordered} credentials were ordered on a key and {there} responses are reported");
            return Err(found(status, "unexpected-keys", &what));
        }
    }
    Ok(())
}

fn state_line(status: &FulfilmentStatus) -> String {
    let id = status.state.id.map_or_else(|| "none".to_owned(), |id| id.to_string());
    let known = status.state.id.and_then(states::lookup).map(|state| state.name).filter(|name| !name.is_empty());
    match status.state.message.as_deref().or(known) {
        Some(text) => format!("delivery state {id} ({text})"),
        None => format!("delivery state {id}"),
    }
}

pub(super) fn found(status: &FulfilmentStatus, code: &'static str, message: &str) -> Failure {
    Failure::new(Party::DeliveryService, Operation::ShipmentStatus, FailureKind::Found(code), message)
        .with_correlation(status.correlation.clone())
}

#[cfg(test)]
mod tests {
    use keyferry_domain::phase::FulfilmentState;

    use super::*;

    #[test]
    fn a_state_is_told_by_its_number_and_the_services_word_or_else_ours() {
        for (id, message, line) in [
            (Some(103), Some("on its way"), "delivery state 103 (on its way)"),
            (Some(103), None, "delivery state 103 (Shipped: in transit)"),
            (Some(4), None, "delivery state 4"),
            (None, None, "delivery state none"),
        ] {
            let state = FulfilmentState { id, message: message.map(str::to_owned) };
            let (tracking, items) = (Default::default(), Vec::new());
            let status = FulfilmentStatus { state, tracking, items, correlation: String::new() };
            assert_eq!(state_line(&status), line);
        }
    }
}
