//! Accepted: how the delivery service gets on.

use chrono::TimeDelta;
use keyferry_domain::ports::{FulfilmentStatus, Progress};
use keyferry_domain::{
    Accepted, Change, Common, Failure, FailureKind, FulfilmentId, In, Key, Note, Obstacle, Operation, Party, Timestamp,
};

use super::advance::Step;
use crate::Engine;

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
        let line = status.state_line.clone();
        let note = |detail| Note::new(now, detail).with_correlation(Some(status.correlation.clone()));
        let (state, tracking) = (status.state.clone(), status.tracking.clone());
        let held = |it: In<Accepted>, failure| Step::Held(it.observe(state.clone(), tracking.clone(), None), failure);
        match status.progress {
            Progress::Unknown => held(it, found(&status, "unknown-state", &line)),
            Progress::NeedsEditing => held(it, found(&status, "needs-editing", &line)),
            Progress::Failed => held(it, found(&status, "delivery-failed", &line)),
            Progress::InProgress => {
                let changed = it.phase().state.as_ref() != Some(&status.state);
                Step::Stay(it.observe(state, tracking, changed.then(|| note(line))))
            }
            Progress::Ready => {
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
    match status.progress {
        Progress::Failed => Err(found(status, "delivery-failed", &status.state_line)),
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

pub(super) fn found(status: &FulfilmentStatus, code: &'static str, message: &str) -> Failure {
    Failure::new(Party::DeliveryService, Operation::ShipmentStatus, FailureKind::Found(code), message)
        .with_correlation(status.correlation.clone())
}
