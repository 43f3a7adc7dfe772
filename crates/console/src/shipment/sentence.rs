//! The state of a shipment in one sentence.

use keyferry_domain::{Accepted, CompletedBy, Phase, Shipment, Timestamp};

use crate::messages::{Messages, Sentence};

/// Returns what a sentence about the shipment names.
pub(super) fn of(shipment: &Shipment, m: &'static Messages) -> Sentence {
    let on = |at: Timestamp| (m.date)(at.date_naive());
    match shipment.phase() {
        Phase::Queued(_) => Sentence::Queued { not_before: shipment.info().not_before.map(m.date) },
        Phase::Submitting(_) => Sentence::Submitting,
        Phase::Refused(_) => Sentence::Refused,
        Phase::Unconfirmed(_) => Sentence::Unconfirmed,
        Phase::Accepted(accepted) => Sentence::Accepted { on: on(accepted.at) },
        Phase::Fulfilled(fulfilled) => Sentence::Shipped { on: on(fulfilled.at), parcel: parcel(&fulfilled.accepted) },
        Phase::Registered(registered) => Sentence::Registered { on: on(registered.at) },
        Phase::Complete(complete) => match complete.by {
            CompletedBy::Processing => Sentence::Complete { on: on(complete.at) },
            CompletedBy::Caller { .. } | CompletedBy::Record => Sentence::CompletedByOperator { on: on(complete.at) },
        },
        Phase::Cancelling(cancelling) => Sentence::Cancelling { key_exists: cancelling.key_exists() },
        Phase::Cancelled(cancelled) => Sentence::Cancelled { on: on(cancelled.at) },
    }
}

/// Returns carrier and tracking number, if the parcel has one.
fn parcel(accepted: &Accepted) -> Option<String> {
    let number = accepted.tracking.number.as_ref()?;
    Some(match &accepted.tracking.carrier {
        Some(carrier) => format!("{carrier} {number}"),
        None => number.clone(),
    })
}
