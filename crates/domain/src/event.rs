//! Events of a shipment: append-only rows without secrets.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Caller, Timestamp};

/// Event in the history of a shipment, or of the organisation ([`crate::ShipmentId::ORGANISATION`]).
///
/// Only transitions create events of shipments ([`crate::Change`]). A stored event never changes, with one exception:
/// if the same obstacle occurs again and its event is still the newest, `times`, `last_at` and `correlation` of that
/// event are updated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Event {
    /// Number of the event within its shipment, starting at 1.
    pub seq: u32,
    /// Time of the first occurrence.
    pub at: Timestamp,
    /// Time of the last occurrence. Differs from `at` if `times` is greater than 1.
    pub last_at: Timestamp,
    /// Number of consecutive occurrences.
    pub times: u32,
    /// Kind of event.
    pub kind: EventKind,
    /// Author of the event.
    pub actor: Actor,
    /// What happened, for operators. Never contains a secret or a PIN.
    pub detail: String,
    /// `client-request-id` of the related call, to find it in the other side's logs.
    pub correlation: Option<String>,
    /// Level of an inventory, of an event about the stock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stock: Option<StockLevel>,
}

/// Keys that are left of an inventory, and its threshold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StockLevel {
    /// Delivery service's id of the inventory.
    pub inventory: i64,
    /// Number of keys that were left.
    pub quantity: i64,
    /// Number of keys below which the inventory is low.
    pub threshold: i64,
}

impl Event {
    /// Creates the event of the organisation with this number: an inventory became low, or has enough keys again.
    pub fn of_stock(seq: u32, level: StockLevel, note: Note) -> Self {
        let StockLevel { quantity, threshold, .. } = level;
        let kind = if quantity < threshold { EventKind::StockLow } else { EventKind::StockBack };
        let Note { at, detail, correlation } = note;
        Self { seq, at, last_at: at, times: 1, kind, actor: Actor::Processing, detail, correlation, stock: Some(level) }
    }

    /// Returns the event with one more occurrence.
    pub(crate) fn again(&self, at: Timestamp, correlation: Option<String>) -> Self {
        Self {
            last_at: at,
            times: self.times.saturating_add(1),
            correlation: correlation.or_else(|| self.correlation.clone()),
            ..self.clone()
        }
    }
}

/// Time, text and correlation id of an event to record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// Time of the event.
    pub at: Timestamp,
    /// What happened, for operators. Never contains a secret or a PIN.
    pub detail: String,
    /// `client-request-id` of the related call.
    pub correlation: Option<String>,
}

impl Note {
    /// Creates a note without correlation id.
    pub fn new(at: Timestamp, detail: impl Into<String>) -> Self {
        Self { at, detail: detail.into(), correlation: None }
    }

    /// Sets the correlation id of the related call.
    #[must_use]
    pub fn with_correlation(mut self, correlation: Option<String>) -> Self {
        self.correlation = correlation;
        self
    }
}

/// Kind of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// Keyferry accepted the order, and sends it when it is its turn.
    Queued,
    /// The order was not placed, and waits in the queue again.
    Requeued,
    /// A newer shipment replaces this one.
    Replaced,
    /// The intent to order was stored.
    Submitted,
    /// The delivery service accepted the order.
    Accepted,
    /// The delivery service refused the order.
    Refused,
    /// The response to the order was lost.
    Unconfirmed,
    /// An operator linked an unconfirmed order to a shipment of the delivery service.
    Adopted,
    /// An operator ended an unconfirmed order that was never placed.
    Abandoned,
    /// The delivery service reported a new state.
    StateChanged,
    /// The key was produced and its responses are available.
    Fulfilled,
    /// The credential is registered with the identity provider.
    Registered,
    /// The PIN was sent again on request of an operator.
    PinResent,
    /// A caller with the right to release PINs had a PIN sent that a release rule holds back. Recorded before the PIN
    /// is sent.
    PinReleased,
    /// A link to the page that shows the PIN was made for its addressee. Earlier links are closed.
    PinOffered,
    /// The addressee opened the page that shows the PIN. Recorded before the PIN is shown.
    PinSeen,
    /// An operator deleted the passkey of the key at the identity provider.
    Revoked,
    /// The key was reported as lost. Its passkey is deleted, and no PIN is released any more.
    Lost,
    /// A temporary access pass was requested for the person of a lost key.
    AccessPassRequested,
    /// The addressee asked to see the temporary access pass. Recorded before the identity provider is asked to make it.
    AccessPassOpened,
    /// No temporary access pass was shown.
    AccessPassFailed,
    /// The temporary access pass was shown to its addressee. Recorded before it is shown.
    AccessPassSeen,
    /// The temporary access pass was deleted at the identity provider before its time.
    AccessPassRemoved,
    /// The person left. The passkey of the key is deleted, or its order cancelled.
    PersonLeft,
    /// The key was returned. Its passkey is deleted, and no PIN is released any more.
    Returned,
    /// The shipment is complete.
    Completed,
    /// The shipment no longer exists in the delivery service.
    Cancelled,
    /// An operator cancelled the shipment.
    CancelRequested,
    /// The delivery service no longer has the cancelled shipment, or an operator took its key back.
    CancellationConfirmed,
    /// The key of a cancelled shipment was made or shipped.
    ShippedDespiteCancellation,
    /// An obstacle keeps the shipment from progressing.
    Obstacle,
    /// The obstacle was removed.
    ObstacleCleared,
    /// The challenge will expire soon.
    DeadlineNear,
    /// The key will not arrive by the day on which it is needed.
    Late,
    /// An operator requested a retry.
    RetryRequested,
    /// A limit refused a request to send the PIN.
    LimitReached,
    /// The mail system accepted a mail to the person whom the key is for.
    PersonMailed,
    /// A mail to the person whom the key is for is not sent.
    PersonNotMailed,
    /// The person whom the key is for objected to it. The shipment is on hold.
    Objected,
    /// The person whom the key is for was asked for the address.
    AddressRequested,
    /// The person whom the key is for, or an operator, gave the address.
    AddressGiven,
    /// Of the organisation: an inventory has fewer keys left than its threshold.
    StockLow,
    /// Of the organisation: an inventory that was low has enough keys again.
    StockBack,
}

impl EventKind {
    /// All kinds.
    pub const ALL: [Self; 43] = [
        Self::Queued,
        Self::Requeued,
        Self::Replaced,
        Self::Submitted,
        Self::Accepted,
        Self::Refused,
        Self::Unconfirmed,
        Self::Adopted,
        Self::Abandoned,
        Self::StateChanged,
        Self::Fulfilled,
        Self::Registered,
        Self::PinResent,
        Self::PinReleased,
        Self::PinOffered,
        Self::PinSeen,
        Self::Revoked,
        Self::Lost,
        Self::AccessPassRequested,
        Self::AccessPassOpened,
        Self::AccessPassFailed,
        Self::AccessPassSeen,
        Self::AccessPassRemoved,
        Self::PersonLeft,
        Self::Returned,
        Self::Completed,
        Self::Cancelled,
        Self::CancelRequested,
        Self::CancellationConfirmed,
        Self::ShippedDespiteCancellation,
        Self::Obstacle,
        Self::ObstacleCleared,
        Self::DeadlineNear,
        Self::Late,
        Self::RetryRequested,
        Self::LimitReached,
        Self::PersonMailed,
        Self::PersonNotMailed,
        Self::Objected,
        Self::AddressRequested,
        Self::AddressGiven,
        Self::StockLow,
        Self::StockBack,
    ];

    /// Returns whether events of this kind belong to the organisation and not to a shipment.
    pub fn is_of_organisation(self) -> bool {
        matches!(self, Self::StockLow | Self::StockBack)
    }

    /// Returns the name used in stored events and API responses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Requeued => "requeued",
            Self::Replaced => "replaced",
            Self::Submitted => "submitted",
            Self::Accepted => "accepted",
            Self::Refused => "refused",
            Self::Unconfirmed => "unconfirmed",
            Self::Adopted => "adopted",
            Self::Abandoned => "abandoned",
            Self::StateChanged => "state_changed",
            Self::Fulfilled => "fulfilled",
            Self::Registered => "registered",
            Self::PinResent => "pin_resent",
            Self::PinReleased => "pin_released",
            Self::PinOffered => "pin_offered",
            Self::PinSeen => "pin_seen",
            Self::Revoked => "revoked",
            Self::Lost => "lost",
            Self::AccessPassRequested => "access_pass_requested",
            Self::AccessPassOpened => "access_pass_opened",
            Self::AccessPassFailed => "access_pass_failed",
            Self::AccessPassSeen => "access_pass_seen",
            Self::AccessPassRemoved => "access_pass_removed",
            Self::PersonLeft => "person_left",
            Self::Returned => "returned",
            Self::Completed => "completed",
            Self::Cancelled => "cancelled",
            Self::CancelRequested => "cancel_requested",
            Self::CancellationConfirmed => "cancellation_confirmed",
            Self::ShippedDespiteCancellation => "shipped_despite_cancellation",
            Self::Obstacle => "obstacle",
            Self::ObstacleCleared => "obstacle_cleared",
            Self::DeadlineNear => "deadline_near",
            Self::Late => "late",
            Self::RetryRequested => "retry_requested",
            Self::LimitReached => "limit_reached",
            Self::PersonMailed => "person_mailed",
            Self::PersonNotMailed => "person_not_mailed",
            Self::Objected => "objected",
            Self::AddressRequested => "address_requested",
            Self::AddressGiven => "address_given",
            Self::StockLow => "stock_low",
            Self::StockBack => "stock_back",
        }
    }
}

/// Author of an event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    /// Caller of the API.
    Caller(Caller),
    /// Scheduled or on-demand processing.
    Processing,
    /// Operator who edited the record by hand.
    Record,
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Caller(caller) => write!(f, "caller {caller}"),
            Self::Processing => f.write_str("processing"),
            Self::Record => f.write_str("edited by hand"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn displays_actors() {
        let actors =
            [Actor::Caller(Caller::application(crate::CallerId::new("portal"))), Actor::Processing, Actor::Record];
        assert_eq!(actors.map(|actor| actor.to_string()), ["caller portal", "processing", "edited by hand"]);
    }

    #[test]
    fn kind_has_same_name_in_records_and_responses() {
        for kind in EventKind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        }
    }
}
