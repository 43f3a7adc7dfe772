//! Accepted: how the delivery service gets on.

use chrono::TimeDelta;
use keyferry_domain::ports::FulfilmentStatus;
use keyferry_domain::{
    Accepted, Change, Common, Failure, FailureKind, FulfilmentId, In, Key, Note, Obstacle, Operation, Party, Timestamp,
};

use super::advance::Step;
use crate::Engine;
use crate::states::{self, Treatment};

impl Engine {
    pub(super) async fn look_at_delivery(&self, it: In<Accepted>) -> Step {
        let now = self.ports.clock.now();
        let status = match self.delivery_status(&it.phase().fulfilment_id).await {
            Ok(status) => status,
            Err(unknown) if self.is_cancelled(&it, &unknown) => {
                let (reason, note) = cancellation(&unknown, now);
                return Step::On(it.cancel(reason, note), None);
            }
            Err(failure) => return Step::Held(Change::none(it), failure),
        };
        let line = state_line(&status);
        let note = |detail| Note::new(now, detail).with_correlation(Some(status.correlation.clone()));
        let (state, tracking) = (status.state.clone(), status.tracking.clone());
        let held = |it: In<Accepted>, failure| Step::Held(it.observe(state.clone(), tracking.clone(), None), failure);
        match status.state.id.and_then(states::lookup).map(|state| state.treatment) {
            None => held(it, found(&status, "unknown-state", &line)),
            Some(Treatment::NeedsEditing) => held(it, found(&status, "needs-editing", &line)),
            Some(Treatment::Failed) => held(it, found(&status, "delivery-failed", &line)),
            Some(Treatment::Ongoing) => {
                let changed = it.phase().state.as_ref() != Some(&status.state);
                Step::Stay(it.observe(state, tracking, changed.then(|| note(line))))
            }
            Some(Treatment::Ready) => {
                if let Err(failure) = check_items(&status, it.keys()) {
                    return held(it, failure);
                }
                let keys: Vec<_> = status.items.iter().map(|item| item.hardware.clone()).collect();
                let serials: Vec<_> = keys.iter().map(|key| key.serial.as_str()).collect();
                let note = note(format!("{line}; made: {}", serials.join(", ")));
                Step::On(it.fulfil(state, tracking, keys, note), Some(status))
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
    pub(super) fn is_cancelled(&self, shipment: &Common, failure: &Failure) -> bool {
        let long_enough = |met: &Obstacle| met.since + LONG_ENOUGH <= self.ports.clock.now();
        failure.code() == Some(UNKNOWN)
            && shipment.obstacle().is_some_and(|met| met.code == UNKNOWN && met.attempts >= TIMES && long_enough(met))
    }
}

pub(super) fn cancellation(failure: &Failure, now: Timestamp) -> (String, Note) {
    tracing::error!(%failure, "a shipment is cancelled: the delivery service has not known it for a day");
    let note = Note::new(now, failure.message.clone()).with_correlation(failure.correlation.clone());
    (failure.to_string(), note)
}

/// A delivery that failed is no success, however far the rest has come.
pub(super) fn refuse_failed(status: &FulfilmentStatus) -> Result<(), Failure> {
    match status.state.id.and_then(states::lookup).map(|state| state.treatment) {
        Some(Treatment::Failed) => Err(found(status, "delivery-failed", &state_line(status))),
        _ => Ok(()),
    }
}

/// Each ordered key is there, with one response for each of its credentials.
pub(super) fn check_items(status: &FulfilmentStatus, keys: &[Key]) -> Result<(), Failure> {
    if status.items.is_empty() {
        return Err(found(status, "responses-missing", "The shipment is ready, but names no key"));
    }
    if status.items.len() != keys.len() {
        let what = format!("{} keys were ordered and {} are reported", keys.len(), status.items.len());
        return Err(found(status, "unexpected-keys", &what));
    }
    for (item, key) in status.items.iter().zip(keys) {
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
