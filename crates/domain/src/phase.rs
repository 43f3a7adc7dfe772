//! Phases of a shipment. Each phase contains the data known at that point. A transition consumes a phase and returns
//! the next one.
//!
//! The types are `non_exhaustive`, so that other crates cannot construct a phase without a transition.

use serde::{Deserialize, Serialize};

use crate::{Caller, DeliveryId, Hardware, RegisteredCredential, Timestamp, Tracking};

mod cancellation;
mod queued;

pub use cancellation::{Cancellation, Cancelled, CancelledBy, Cancelling};
pub use queued::Queued;

/// Phase of a shipment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "phase", rename_all = "snake_case")]
pub enum Phase {
    /// The order waits for its turn.
    Queued(Queued),
    /// The intent to order is durable; the order is being sent.
    Submitting(Submitting),
    /// The order was not placed.
    Refused(Refused),
    /// The order was sent and the response was lost: a key may be on its way.
    Unconfirmed(Unconfirmed),
    /// The delivery service accepted the order.
    Accepted(Accepted),
    /// The key was produced; its responses can be opened.
    Fulfilled(Fulfilled),
    /// The credential is registered with the identity provider; the PIN is not delivered yet.
    Registered(Registered),
    /// The shipment is finished.
    Complete(Complete),
    /// An operator cancelled the shipment; the delivery service has not confirmed it yet.
    Cancelling(Cancelling),
    /// The shipment is cancelled: it no longer exists in the delivery service.
    Cancelled(Cancelled),
}

/// Name of a phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "as in `Phase`")]
pub enum PhaseName {
    Queued,
    Submitting,
    Refused,
    Unconfirmed,
    Accepted,
    Fulfilled,
    Registered,
    Complete,
    Cancelling,
    Cancelled,
}

impl PhaseName {
    /// Phases that can still lead to a completed shipment.
    pub const PENDING: [Self; 6] =
        [Self::Queued, Self::Submitting, Self::Unconfirmed, Self::Accepted, Self::Fulfilled, Self::Registered];

    /// Phases that runs can still change: the pending ones without the queue, and unconfirmed cancellations, which runs
    /// watch.
    pub const OPEN: [Self; 6] =
        [Self::Submitting, Self::Unconfirmed, Self::Accepted, Self::Fulfilled, Self::Registered, Self::Cancelling];

    /// All phases.
    pub const ALL: [Self; 10] = [
        Self::Queued,
        Self::Submitting,
        Self::Refused,
        Self::Unconfirmed,
        Self::Accepted,
        Self::Fulfilled,
        Self::Registered,
        Self::Complete,
        Self::Cancelling,
        Self::Cancelled,
    ];

    /// Returns the name used in records and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Submitting => "submitting",
            Self::Refused => "refused",
            Self::Unconfirmed => "unconfirmed",
            Self::Accepted => "accepted",
            Self::Fulfilled => "fulfilled",
            Self::Registered => "registered",
            Self::Complete => "complete",
            Self::Cancelling => "cancelling",
            Self::Cancelled => "cancelled",
        }
    }

    /// Returns the name shown to callers and operators: a shipment is `cancelled` from the request on.
    pub fn shown(self) -> &'static str {
        match self {
            Self::Cancelling => Self::Cancelled.as_str(),
            other => other.as_str(),
        }
    }

    /// Parses a name returned by [`PhaseName::as_str`].
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|name| name.as_str() == text)
    }
}

impl Phase {
    /// Returns the name of the phase.
    pub fn name(&self) -> PhaseName {
        match self {
            Self::Queued(_) => PhaseName::Queued,
            Self::Submitting(_) => PhaseName::Submitting,
            Self::Refused(_) => PhaseName::Refused,
            Self::Unconfirmed(_) => PhaseName::Unconfirmed,
            Self::Accepted(_) => PhaseName::Accepted,
            Self::Fulfilled(_) => PhaseName::Fulfilled,
            Self::Registered(_) => PhaseName::Registered,
            Self::Complete(_) => PhaseName::Complete,
            Self::Cancelling(_) => PhaseName::Cancelling,
            Self::Cancelled(_) => PhaseName::Cancelled,
        }
    }

    /// Returns the delivery service's id. Known from acceptance on.
    pub fn delivery_id(&self) -> Option<&DeliveryId> {
        match self {
            Self::Queued(_) | Self::Submitting(_) | Self::Refused(_) | Self::Unconfirmed(_) => None,
            Self::Accepted(accepted) => Some(&accepted.delivery_id),
            Self::Fulfilled(fulfilled) => Some(&fulfilled.accepted.delivery_id),
            Self::Registered(registered) => Some(&registered.fulfilled.accepted.delivery_id),
            Self::Complete(complete) => complete.before.delivery_id(),
            Self::Cancelling(cancelling) => cancelling.before.delivery_id(),
            Self::Cancelled(cancelled) => cancelled.before.delivery_id(),
        }
    }

    /// Returns the data of the accepted order. Known from acceptance on.
    pub fn accepted(&self) -> Option<&Accepted> {
        match self {
            Self::Accepted(accepted) => Some(accepted),
            Self::Complete(Complete { before, .. })
            | Self::Cancelling(Cancelling { before, .. })
            | Self::Cancelled(Cancelled { before, .. }) => before.accepted(),
            _ => self.fulfilled().map(|fulfilled| &fulfilled.accepted),
        }
    }

    /// Returns the data of the produced keys. Known from fulfilment on.
    pub fn fulfilled(&self) -> Option<&Fulfilled> {
        match self {
            Self::Fulfilled(fulfilled) => Some(fulfilled),
            Self::Complete(Complete { before, .. })
            | Self::Cancelling(Cancelling { before, .. })
            | Self::Cancelled(Cancelled { before, .. }) => before.fulfilled(),
            _ => self.registered().map(|registered| &registered.fulfilled),
        }
    }

    /// Returns the data of the registration. Known from registration on.
    pub fn registered(&self) -> Option<&Registered> {
        match self {
            Self::Registered(registered) => Some(registered),
            Self::Complete(Complete { before, .. }) | Self::Cancelled(Cancelled { before, .. }) => before.registered(),
            _ => None,
        }
    }

    /// Returns the data of the queue, if the order was not sent before this phase.
    pub fn queued(&self) -> Option<&Queued> {
        match self {
            Self::Queued(queued) => Some(queued),
            Self::Complete(Complete { before, .. }) | Self::Cancelled(Cancelled { before, .. }) => before.queued(),
            _ => None,
        }
    }

    /// Completes the shipment from any phase. A shipment that is already complete keeps its time and author.
    pub(crate) fn set_complete(self, at: Timestamp, by: CompletedBy) -> Complete {
        match self {
            Self::Complete(complete) => complete,
            before => Complete { before: Box::new(before), at, by },
        }
    }
}

macro_rules! into_phase {
    ($($name:ident),*) => {$(
        impl From<$name> for Phase {
            fn from(phase: $name) -> Self {
                Self::$name(phase)
            }
        }
    )*};
}
into_phase!(Queued, Submitting, Refused, Unconfirmed, Accepted, Fulfilled, Registered, Complete, Cancelling, Cancelled);

/// Phase: the order is being sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Submitting {
    /// Time until which the sending task may still be running. After it, the outcome of the order is unknown.
    pub until: Timestamp,
}

impl Submitting {
    /// Creates the phase of an order that is about to be sent.
    pub(crate) fn new(until: Timestamp) -> Self {
        Self { until }
    }

    /// Enters `Accepted`: the delivery service accepted the order.
    pub(crate) fn accepted(self, delivery_id: DeliveryId, at: Timestamp) -> Accepted {
        Accepted { delivery_id, at, state: None, tracking: Tracking::default() }
    }

    /// Enters `Refused`: the order was not placed.
    pub(crate) fn refused(self, reason: impl Into<String>, at: Timestamp) -> Refused {
        Refused { at, reason: reason.into() }
    }

    /// Enters `Unconfirmed`: the outcome of the order is unknown.
    pub(crate) fn unconfirmed(
        self,
        reason: impl Into<String>,
        correlation: Option<String>,
        at: Timestamp,
    ) -> Unconfirmed {
        Unconfirmed { at, reason: reason.into(), correlation }
    }
}

/// Phase: the order was not placed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Refused {
    /// Time of the refusal.
    pub at: Timestamp,
    /// Reason for the refusal, for operators.
    pub reason: String,
}

/// Phase: the order was sent and the response was lost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Unconfirmed {
    /// Time at which the response was lost.
    pub at: Timestamp,
    /// How the response was lost, and what to do.
    pub reason: String,
    /// `client-request-id` of the order's call, if there was one.
    #[serde(default)]
    pub correlation: Option<String>,
}

impl Unconfirmed {
    /// Enters `Accepted`: the order was found in the delivery service.
    pub(crate) fn adopted(self, delivery_id: DeliveryId, at: Timestamp) -> Accepted {
        Accepted { delivery_id, at, state: None, tracking: Tracking::default() }
    }
}

/// Phase: the delivery service accepted the order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Accepted {
    /// Delivery service's id of the shipment.
    pub delivery_id: DeliveryId,
    /// Time of the acceptance.
    pub at: Timestamp,
    /// State in the delivery service, as last seen.
    pub state: Option<DeliveryState>,
    /// Tracking data, as last seen.
    pub tracking: Tracking,
}

impl Accepted {
    /// Updates state and tracking data.
    #[must_use]
    pub(crate) fn seen(mut self, state: DeliveryState, tracking: Tracking) -> Self {
        self.state = Some(state);
        self.tracking = tracking;
        self
    }

    /// Enters `Fulfilled`: the keys were produced. `keys` has one entry for each ordered key, in order.
    pub(crate) fn fulfilled(self, keys: Vec<Hardware>, at: Timestamp) -> Fulfilled {
        Fulfilled { accepted: self, keys, at }
    }
}

/// State of a shipment in the delivery service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryState {
    /// Numeric state id. `None` if the response had none.
    pub id: Option<i64>,
    /// Text of the state.
    pub message: Option<String>,
}

/// Phase: the keys were produced.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Fulfilled {
    /// Data of the previous phase.
    pub accepted: Accepted,
    /// One entry for each ordered key, in order.
    pub keys: Vec<Hardware>,
    /// Time at which Keyferry saw the fulfilment.
    pub at: Timestamp,
}

impl Fulfilled {
    /// Enters `Registered`: all credentials are registered. `credentials` has one list for each key, in order.
    pub(crate) fn registered(self, credentials: Vec<Vec<RegisteredCredential>>, at: Timestamp) -> Registered {
        Registered { fulfilled: self, credentials, at }
    }
}

/// Phase: the credentials are registered with the identity provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Registered {
    /// Data of the previous phase.
    pub fulfilled: Fulfilled,
    /// One list for each key, in order.
    pub credentials: Vec<Vec<RegisteredCredential>>,
    /// Time at which Keyferry saw the registration.
    pub at: Timestamp,
}

impl Registered {
    /// Enters `Complete`: every PIN was delivered.
    pub(crate) fn complete(self, at: Timestamp) -> Complete {
        Complete { before: Box::new(self.into()), at, by: CompletedBy::Processing }
    }
}

/// Phase: the shipment is finished.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Complete {
    /// Previous phase.
    pub before: Box<Phase>,
    /// Time of completion, or time at which Keyferry saw a completion by hand. Retention counts from this time.
    pub at: Timestamp,
    /// Author of the completion.
    pub by: CompletedBy,
}

/// Author of a completion.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CompletedBy {
    /// Processing, after registration of the key and delivery of the PIN.
    Processing,
    /// Caller of the API.
    Caller {
        /// Caller that completed it.
        caller: Caller,
        /// Reason given by the caller.
        reason: String,
    },
    /// Operator who edited the record.
    Record,
}

#[cfg(test)]
mod tests;
