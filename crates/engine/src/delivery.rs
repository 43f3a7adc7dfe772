//! What every step asks of the delivery service's status: is the shipment known, has it failed, are all keys and responses there.

use chrono::TimeDelta;
use keyferry_domain::ports::{DeliveryStatus, FulfilledItem, Progress};
use keyferry_domain::{Common, DeliveryId, Failure, FailureClass, Key, Note, Obstacle, SerialNumber, Timestamp};

use crate::context::Context;
use crate::failures::findings::{self, SHIPMENT_GONE, SHIPMENT_UNKNOWN};

/// How often, and for how long, it must say so before it is believed: a wrong address or somebody else's token says the
/// same of every shipment.
const TIMES: u32 = 3;
const LONG_ENOUGH: TimeDelta = TimeDelta::days(1);

/// What the delivery service says of a shipment.
pub(crate) enum Seen {
    /// It knows the shipment.
    Status(DeliveryStatus),
    /// It has not known the shipment for so long that the shipment counts as cancelled.
    Cancelled { reason: String, note: Note },
}

/// The status of an accepted shipment: the one of the step before, or else a fresh one.
///
/// # Errors
/// That the shipment is unknown is a failure until it counts as cancelled.
pub(crate) async fn look(
    context: &Context,
    shipment: &Common,
    id: &DeliveryId,
    known: Option<DeliveryStatus>,
) -> Result<Seen, Failure> {
    let failure = match known {
        Some(status) => return Ok(Seen::Status(status)),
        None => match status(context, id).await {
            Ok(status) => return Ok(Seen::Status(status)),
            Err(failure) => failure,
        },
    };
    let now = context.now();
    if !counts_as_cancelled(shipment, &failure, now) {
        return Err(failure);
    }
    tracing::error!(%failure, "a shipment is cancelled: the delivery service has not known it for a day");
    let note = Note::new(now, failure.message.clone()).with_correlation(failure.correlation.clone());
    Ok(Seen::Cancelled { reason: failure.to_string(), note })
}

/// The status of a shipment whose key is registered: it is not cancelled any more, and with the shipment went the PIN response.
pub(crate) async fn status_of_registered(
    context: &Context,
    id: &DeliveryId,
    known: Option<DeliveryStatus>,
) -> Result<DeliveryStatus, Failure> {
    match known {
        Some(status) => Ok(status),
        None => status(context, id).await.map_err(|failure| match failure.class() {
            FailureClass::UnknownShipment => failure.found(&findings::DELIVERY_SERVICE, SHIPMENT_GONE),
            _ => failure,
        }),
    }
}

/// A fresh status. That the shipment is unknown is recorded under a code of its own.
async fn status(context: &Context, id: &DeliveryId) -> Result<DeliveryStatus, Failure> {
    context.ports.delivery_service.status(id).await.map_err(|mut failure| match failure.class() {
        FailureClass::UnknownShipment => {
            failure.message = format!("The delivery service does not know the shipment {id}: {}", failure.message);
            failure.with_code(SHIPMENT_UNKNOWN)
        }
        _ => failure,
    })
}

/// Whether the delivery service has said long enough that it does not know the shipment.
fn counts_as_cancelled(shipment: &Common, failure: &Failure, now: Timestamp) -> bool {
    let long_enough = |met: &Obstacle| met.since + LONG_ENOUGH <= now;
    let was_unknown = |met: &Obstacle| met.code == SHIPMENT_UNKNOWN && met.attempts >= TIMES && long_enough(met);
    failure.class() == FailureClass::UnknownShipment && shipment.obstacle().is_some_and(was_unknown)
}

/// A delivery that failed is no success, however far the rest has come.
pub(crate) fn refuse_failed(status: &DeliveryStatus) -> Result<(), Failure> {
    match status.progress {
        Progress::Failed => Err(findings::delivery(status, "delivery-failed", &status.state_line)),
        _ => Ok(()),
    }
}

/// Each ordered key is there, with one response for each of its credentials.
pub(crate) fn check_items(status: &DeliveryStatus, keys: &[Key]) -> Result<(), Failure> {
    if status.items.is_empty() {
        return Err(findings::delivery(status, "responses-missing", "The shipment is ready, but names no key"));
    }
    if status.items.len() != keys.len() {
        let what = format!("{} keys were ordered and {} are reported", keys.len(), status.items.len());
        return Err(findings::delivery(status, "unexpected-keys", &what));
    }
    for (item, key) in status.items.iter().zip(keys) {
        let (there, ordered) = (item.credential_responses.len(), key.credentials.len());
        if there == 0 {
            return Err(findings::delivery(
                status,
                "responses-missing",
                "The shipment is ready, but its credential response is missing",
            ));
        }
        if there != ordered {
            let what = format!("{ordered} credentials were ordered on a key and {there} responses are reported");
            return Err(findings::delivery(status, "unexpected-keys", &what));
        }
    }
    Ok(())
}

/// What the delivery service reports of the key now.
pub(crate) fn item_of<'a>(status: &'a DeliveryStatus, serial: &SerialNumber) -> Result<&'a FulfilledItem, Failure> {
    status.items.iter().find(|item| item.hardware.serial == *serial).ok_or_else(|| {
        findings::delivery(
            status,
            "responses-missing",
            &format!("The delivery service does not report key {serial} at present"),
        )
    })
}
