//! Accepted: how the delivery service gets on.

use keyferry_domain::ports::FulfilmentStatus;
use keyferry_domain::{Accepted, Actor, Event, EventKind, Failure, FailureKind, Operation, Party, Shipment};

use super::advance::Step;
use crate::Engine;
use crate::states::{self, Treatment};

impl Engine {
    pub(super) async fn look_at_delivery(&self, accepted: &Accepted, shipment: &Shipment) -> Result<Step, Failure> {
        let now = self.ports.clock.now();
        let status = match self.ports.fulfilment.status(&accepted.fulfilment_id).await {
            Ok(status) => status,
            Err(failure) if is_gone(&failure) => {
                let reason = format!("The delivery service does not know the shipment any more: {failure}");
                let event = Event::new(now, EventKind::Cancelled, Actor::Processing, failure.message.clone())
                    .with_correlation(failure.correlation.clone());
                return Ok(Step::On(accepted.clone().cancelled(reason, now).into(), event, None));
            }
            Err(failure) => return Err(failure),
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

/// The delivery service answers that there is no such shipment.
pub(super) fn is_gone(failure: &Failure) -> bool {
    failure.party == Party::DeliveryService && failure.status() == Some(404)
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
