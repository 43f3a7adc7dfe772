//! Withdrawal of a key: it was lost or returned, or its person left.

use serde::{Deserialize, Serialize};

use crate::{Caller, EventKind, ShipmentId, Timestamp};

/// Act that ends the use of a key. It is part of the shipment's record, so whatever interrupts the act, runs find and
/// do the steps that are left. From its commit on, nothing is registered and no PIN is released for the shipment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withdrawal {
    /// Cause of the act.
    pub cause: WithdrawalCause,
    /// Caller that requested it.
    pub by: Caller,
    /// Reason given by the caller.
    pub reason: String,
    /// Time of the request.
    pub at: Timestamp,
    /// Order that replaces the key. `None` if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replacement: Option<Replacement>,
}

/// Order that replaces a withdrawn key. Its id is fixed with the act, so however often the act is continued, it is
/// queued once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replacement {
    /// Keyferry's id of the new shipment. Its order is stored sealed before the act is committed.
    pub shipment: ShipmentId,
    /// Whether the order is in the queue, or was.
    pub is_queued: bool,
}

/// Cause of a withdrawal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WithdrawalCause {
    /// The key was lost or stolen, or its parcel was.
    Lost,
    /// The person left.
    Left,
    /// The key was returned.
    Returned,
}

impl WithdrawalCause {
    /// All causes.
    pub const ALL: [Self; 3] = [Self::Lost, Self::Left, Self::Returned];

    /// Returns the name used in records and API responses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Lost => "lost",
            Self::Left => "left",
            Self::Returned => "returned",
        }
    }

    /// Returns the kind of the event of the act.
    pub fn event(self) -> EventKind {
        match self {
            Self::Lost => EventKind::Lost,
            Self::Left => EventKind::PersonLeft,
            Self::Returned => EventKind::Returned,
        }
    }
}

/// Step of a withdrawal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WithdrawalStep {
    /// The passkeys of the key are deleted at the identity provider.
    RemovePasskey,
    /// The order is cancelled, so that its key is not registered.
    CancelOrder,
    /// The order of the replacement is queued.
    QueueReplacement,
    /// The temporary access pass that a report of a loss led to is deleted at the identity provider. Of a key whose
    /// person left, or that was returned.
    RemoveAccessPass,
}

impl WithdrawalStep {
    /// All steps, in their order.
    pub const ALL: [Self; 4] = [Self::RemovePasskey, Self::CancelOrder, Self::QueueReplacement, Self::RemoveAccessPass];

    /// Returns the name used in API responses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RemovePasskey => "remove_passkey",
            Self::CancelOrder => "cancel_order",
            Self::QueueReplacement => "queue_replacement",
            Self::RemoveAccessPass => "remove_access_pass",
        }
    }
}
