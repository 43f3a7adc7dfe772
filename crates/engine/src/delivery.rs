//! Checks of the delivery service's status, shared by all steps: the shipment exists, has not failed, and has all keys
//! and responses.

use chrono::TimeDelta;
use keyferry_domain::ports::{DeliveredItem, DeliveryStatus, Progress};
use keyferry_domain::{Common, DeliveryId, Failure, FailureClass, Key, Note, Obstacle, SerialNumber, Timestamp};

use crate::context::Context;
use crate::failures::findings::{self, SHIPMENT_GONE, SHIPMENT_UNKNOWN};

/// Number of attempts that must report a shipment as unknown before it is cancelled.
///
/// One report is not enough: with a wrong API address or another organisation's token, every shipment is unknown.
const MIN_ATTEMPTS: u32 = 3;

/// Time for which a shipment must be reported as unknown before it is cancelled.
const MIN_UNKNOWN: TimeDelta = TimeDelta::days(1);

/// Result of a status query.
pub(crate) enum Seen {
    /// The shipment exists.
    Status(DeliveryStatus),
    /// The shipment has been unknown for so long that it counts as cancelled.
    Cancelled { reason: String, note: Note },
}

/// Returns the status of an accepted shipment: `known` from the previous step, or else a new one.
///
/// # Errors
/// The failure of the call. An unknown shipment is a failure until it counts as cancelled.
pub(crate) async fn status_of_accepted(
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
    tracing::error!(shipment = %shipment.id(), %failure, "cancelled shipment: unknown to delivery service for a day");
    let note = Note::new(now, failure.message.clone()).with_correlation(failure.correlation.clone());
    Ok(Seen::Cancelled { reason: failure.to_string(), note })
}

/// Returns the status of a shipment whose key is registered. Such a shipment is not cancelled if it is unknown: the key
/// is usable, only its PIN response is lost.
pub(crate) async fn status_of_registered(context: &Context, id: &DeliveryId) -> Result<DeliveryStatus, Failure> {
    status(context, id).await.map_err(|failure| match failure.class() {
        FailureClass::UnknownShipment => failure.found(&findings::DELIVERY_SERVICE, SHIPMENT_GONE),
        _ => failure,
    })
}

/// Queries the status. An unknown shipment gets its own failure code, by which [`counts_as_cancelled`] counts attempts.
pub(crate) async fn status(context: &Context, id: &DeliveryId) -> Result<DeliveryStatus, Failure> {
    context.ports.delivery_service.status(id).await.map_err(|mut failure| match failure.class() {
        FailureClass::UnknownShipment => {
            failure.message = format!("The delivery service has no shipment {id}: {}", failure.message);
            failure.with_code(SHIPMENT_UNKNOWN)
        }
        _ => failure,
    })
}

/// Returns whether the shipment has been unknown for long enough.
pub(crate) fn counts_as_cancelled(shipment: &Common, failure: &Failure, now: Timestamp) -> bool {
    let long_enough = |met: &Obstacle| met.since + MIN_UNKNOWN <= now;
    let was_unknown = |met: &Obstacle| met.code == SHIPMENT_UNKNOWN && met.attempts >= MIN_ATTEMPTS && long_enough(met);
    failure.class() == FailureClass::UnknownShipment && shipment.obstacle().is_some_and(was_unknown)
}

/// Fails if the delivery failed. Checked in every phase, because a delivery can fail after its key was produced.
pub(crate) fn reject_failed(status: &DeliveryStatus) -> Result<(), Failure> {
    match status.progress {
        Progress::Failed => Err(findings::delivery(status, "delivery-failed", &status.state_line)),
        _ => Ok(()),
    }
}

/// Checks that each ordered key is reported, with one response for each of its credentials.
pub(crate) fn check_items(status: &DeliveryStatus, keys: &[Key]) -> Result<(), Failure> {
    if status.items.is_empty() {
        return Err(findings::delivery(status, "responses-missing", "The shipment is ready, but has no keys"));
    }
    if status.items.len() != keys.len() {
        let what = format!("{} keys were ordered, but {} are reported", keys.len(), status.items.len());
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
            let what = format!("{ordered} credentials were ordered on a key, but {there} responses are reported");
            return Err(findings::delivery(status, "unexpected-keys", &what));
        }
    }
    Ok(())
}

/// Returns the item of the key in the current status.
pub(crate) fn item_of<'a>(status: &'a DeliveryStatus, serial: &SerialNumber) -> Result<&'a DeliveredItem, Failure> {
    status.items.iter().find(|item| item.hardware.serial == *serial).ok_or_else(|| {
        findings::delivery(
            status,
            "responses-missing",
            &format!("The delivery service does not currently report key {serial}"),
        )
    })
}
