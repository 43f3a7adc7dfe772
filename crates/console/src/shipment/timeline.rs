//! Timeline of a shipment.

use keyferry_domain::{Actor, Event, EventKind};

use crate::human::human;
use crate::messages::Messages;
use crate::time::Instant;

/// An event, as the page shows it.
pub(super) struct Moment {
    pub(super) at: Instant,
    pub(super) title: &'static str,
    pub(super) tone: &'static str,
    /// Who or what caused it.
    pub(super) by: String,
    /// In English, from the engine.
    pub(super) detail: String,
    /// Number of occurrences, and the time of the last one, if there were several.
    pub(super) repeated: Option<(u32, Instant)>,
    pub(super) correlation: Option<String>,
}

impl Moment {
    pub(super) fn new(event: &Event, m: &'static Messages) -> Self {
        Self {
            at: event.at.into(),
            title: (m.event)(event.kind),
            tone: tone(event.kind),
            by: match &event.actor {
                Actor::Caller(caller) => human(caller),
                Actor::Processing => m.by_processing.to_owned(),
                Actor::Record => m.by_hand.to_owned(),
            },
            detail: event.detail.clone(),
            repeated: (event.times > 1).then(|| (event.times, event.last_at.into())),
            correlation: event.correlation.clone(),
        }
    }
}

/// Returns the tone in which an event is shown: the name of a class of the style sheet.
pub(crate) fn tone(kind: EventKind) -> &'static str {
    match kind {
        EventKind::Registered
        | EventKind::Completed
        | EventKind::ObstacleCleared
        | EventKind::PinSeen
        | EventKind::AccessPassSeen
        | EventKind::StockBack => "good",
        EventKind::Refused
        | EventKind::Unconfirmed
        | EventKind::Obstacle
        | EventKind::DeadlineNear
        | EventKind::Late
        | EventKind::ShippedDespiteCancellation
        | EventKind::LimitReached
        | EventKind::AccessPassFailed
        | EventKind::Objected
        | EventKind::StockLow => "bad",
        EventKind::PinReleased
        | EventKind::Revoked
        | EventKind::Lost
        | EventKind::AccessPassRequested
        | EventKind::PersonNotMailed => "alert",
        EventKind::PinOffered
        | EventKind::Queued
        | EventKind::Requeued
        | EventKind::Replaced
        | EventKind::Submitted
        | EventKind::Accepted
        | EventKind::Adopted
        | EventKind::Abandoned
        | EventKind::StateChanged
        | EventKind::Fulfilled
        | EventKind::PinResent
        | EventKind::PersonLeft
        | EventKind::Returned
        | EventKind::Cancelled
        | EventKind::CancelRequested
        | EventKind::CancellationConfirmed
        | EventKind::RetryRequested
        | EventKind::AccessPassOpened
        | EventKind::AccessPassRemoved
        | EventKind::PersonMailed
        | EventKind::AddressRequested
        | EventKind::AddressGiven => "quiet",
    }
}
