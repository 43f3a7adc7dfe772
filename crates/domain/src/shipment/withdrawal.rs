//! Withdrawal of a key: it was lost or returned, or its person left.

use serde::{Deserialize, Serialize};

use super::aggregate::Shipment;
use crate::{Caller, EventKind, Phase, ShipmentId, Timestamp};

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
}

impl WithdrawalStep {
    /// All steps, in their order.
    pub const ALL: [Self; 3] = [Self::RemovePasskey, Self::CancelOrder, Self::QueueReplacement];

    /// Returns the name used in API responses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RemovePasskey => "remove_passkey",
            Self::CancelOrder => "cancel_order",
            Self::QueueReplacement => "queue_replacement",
        }
    }
}

impl Shipment {
    /// Returns the steps of the withdrawal in their order, and whether each is done. Empty without a withdrawal.
    pub fn withdrawal_steps(&self) -> Vec<(WithdrawalStep, bool)> {
        let Some(withdrawal) = self.withdrawal() else { return Vec::new() };
        self.steps_of(withdrawal)
    }

    /// Returns whether the step belongs to the withdrawal and is not done.
    pub fn lacks(&self, step: WithdrawalStep) -> bool {
        self.withdrawal_steps().contains(&(step, false))
    }

    /// Returns whether a step of the withdrawal is not done.
    pub fn is_being_withdrawn(&self) -> bool {
        self.withdrawal_steps().iter().any(|(_, done)| !done)
    }

    /// Returns whether a withdrawal would have anything to do.
    pub fn would_change_by(&self, withdrawal: &Withdrawal) -> bool {
        self.steps_of(withdrawal).iter().any(|(_, done)| !done)
    }

    fn steps_of(&self, withdrawal: &Withdrawal) -> Vec<(WithdrawalStep, bool)> {
        let mut steps = Vec::new();
        let is_back = withdrawal.cause == WithdrawalCause::Returned;
        match self.phase() {
            // Nothing was ordered, or no run processes it and nothing is registered.
            Phase::Refused(_) => {}
            phase if phase.registered().is_some() => {
                steps.push((WithdrawalStep::RemovePasskey, self.key_revoked_at().is_some()));
            }
            Phase::Complete(_) => {}
            Phase::Cancelled(_) => steps.push((WithdrawalStep::CancelOrder, true)),
            // A cancelled key that is on its way is watched until it is back.
            Phase::Cancelling(_) => steps.push((WithdrawalStep::CancelOrder, !is_back)),
            _ => steps.push((WithdrawalStep::CancelOrder, false)),
        }
        if let Some(replacement) = withdrawal.replacement {
            steps.push((WithdrawalStep::QueueReplacement, replacement.is_queued));
        }
        steps
    }
}
