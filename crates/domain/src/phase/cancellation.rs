//! Phases of a cancellation: requested and watched, then confirmed.

use serde::{Deserialize, Serialize};

use super::{Accepted, Fulfilled, Phase, Registered, Unconfirmed};
use crate::{Caller, DeliveryId, Timestamp};

/// Request of an operator to cancel a shipment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cancellation {
    /// Caller that requested it.
    pub by: Caller,
    /// Reason given by the caller.
    pub reason: String,
    /// Time of the request.
    pub at: Timestamp,
}

/// Phase: the shipment is cancelled, and the delivery service has not confirmed it yet.
///
/// Nothing is registered and no PIN is sent from this phase on. Runs watch the shipment, because its key may be made
/// and shipped all the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Cancelling {
    /// Previous phase: `Accepted` or `Fulfilled`.
    pub before: Box<Phase>,
    /// Request to cancel.
    pub request: Cancellation,
    /// Time at which the delivery service accepted the deletion of the order.
    pub deleted: Option<Timestamp>,
    /// Time of the alarm that the key ships although the shipment is cancelled.
    pub shipped: Option<Timestamp>,
    /// Time at which it was known that no passkey of the key is registered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unregistered: Option<Timestamp>,
}

impl Cancelling {
    /// Returns whether the key is known to exist: made before the request, or reported later.
    pub fn key_exists(&self) -> bool {
        self.shipped.is_some() || self.before.fulfilled().is_some()
    }

    /// Returns the phase before, if its key may be registered: a run that was interrupted may have registered it, and
    /// no record names the passkey.
    pub fn maybe_registered(&self) -> Option<&Fulfilled> {
        match &*self.before {
            Phase::Fulfilled(fulfilled) if self.unregistered.is_none() => Some(fulfilled),
            _ => None,
        }
    }

    fn new(before: Phase, request: Cancellation) -> Self {
        Self { before: Box::new(before), request, deleted: None, shipped: None, unregistered: None }
    }

    /// Enters `Cancelled`: the delivery service no longer has the shipment, or an operator took the key back.
    pub(crate) fn confirmed(self, at: Timestamp) -> Cancelled {
        let Self { before, request, .. } = self;
        Cancelled { before, at, reason: request.reason.clone(), by: CancelledBy::Caller(request) }
    }
}

/// Phase: the shipment is cancelled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Cancelled {
    /// Previous phase.
    pub before: Box<Phase>,
    /// Time at which the cancellation was complete. Retention counts from this time.
    pub at: Timestamp,
    /// Answer of the delivery service, or the reason given by the caller.
    pub reason: String,
    /// Author of the cancellation.
    #[serde(default)]
    pub by: CancelledBy,
}

/// Author of a cancellation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CancelledBy {
    /// Processing: the delivery service did not know the shipment for a day.
    #[default]
    Processing,
    /// Caller of the API.
    Caller(Cancellation),
}

impl Cancelled {
    /// Enters `Cancelling` again: the delivery service accepted an order after all that was unconfirmed when it was
    /// cancelled. Returns `None` if no order can arrive late.
    pub(crate) fn accepted_late(self, delivery_id: DeliveryId, at: Timestamp) -> Option<Cancelling> {
        match (*self.before, self.by) {
            (Phase::Unconfirmed(unconfirmed), CancelledBy::Caller(request)) => {
                Some(Cancelling::new(unconfirmed.adopted(delivery_id, at).into(), request))
            }
            _ => None,
        }
    }

    fn unknown(before: Phase, reason: String, at: Timestamp) -> Self {
        Self { before: Box::new(before), at, reason, by: CancelledBy::Processing }
    }
}

impl Accepted {
    /// Enters `Cancelling`: an operator cancelled the shipment.
    pub(crate) fn cancelling(self, request: Cancellation) -> Cancelling {
        Cancelling::new(self.into(), request)
    }

    /// Enters `Cancelled`: the shipment no longer exists in the delivery service.
    pub(crate) fn cancelled(self, reason: impl Into<String>, at: Timestamp) -> Cancelled {
        Cancelled::unknown(self.into(), reason.into(), at)
    }
}

impl Fulfilled {
    /// Enters `Cancelling`: an operator cancelled the shipment. Its key exists.
    pub(crate) fn cancelling(self, request: Cancellation) -> Cancelling {
        Cancelling::new(self.into(), request)
    }

    /// Enters `Cancelled`: the shipment no longer exists in the delivery service, and neither do its responses.
    pub(crate) fn cancelled(self, reason: impl Into<String>, at: Timestamp) -> Cancelled {
        Cancelled::unknown(self.into(), reason.into(), at)
    }
}

impl Registered {
    /// Enters `Cancelled`: an operator revoked the credentials before the PIN was delivered. Nothing can be deleted or
    /// watched.
    pub(crate) fn cancelled(self, request: Cancellation) -> Cancelled {
        let (at, reason) = (request.at, request.reason.clone());
        Cancelled { before: Box::new(self.into()), at, reason, by: CancelledBy::Caller(request) }
    }
}

impl Unconfirmed {
    /// Enters `Cancelled`: an operator cancelled the order. It has no id, so nothing can be deleted or watched.
    pub(crate) fn cancelled(self, request: Cancellation) -> Cancelled {
        let (at, reason) = (request.at, request.reason.clone());
        Cancelled { before: Box::new(self.into()), at, reason, by: CancelledBy::Caller(request) }
    }
}
