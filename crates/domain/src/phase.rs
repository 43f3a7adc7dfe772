//! Where a shipment stands. Each phase carries what is known then; a transition consumes the phase and gives the next.
//!
//! The types are `non_exhaustive`: outside this crate a phase comes only from a transition.

use serde::{Deserialize, Serialize};

use crate::{CallerId, DeliveryId, Hardware, RegisteredCredential, Timestamp, Tracking};

/// Where a shipment stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "phase", rename_all = "snake_case")]
pub enum Phase {
    /// The intent is durable; the order is being sent.
    Submitting(Submitting),
    /// The order was definitely not taken.
    Refused(Refused),
    /// The order was sent and its answer was lost: a key may or may not be on its way.
    Unconfirmed(Unconfirmed),
    /// The delivery service has the order.
    Accepted(Accepted),
    /// The key is made; its responses can be opened.
    Fulfilled(Fulfilled),
    /// The identity provider holds the credential; the PIN is still to go.
    Registered(Registered),
    /// Nothing is left to do.
    Complete(Complete),
    /// The delivery service does not know the shipment any more.
    Cancelled(Cancelled),
}

/// The name of a phase, for listing and for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "as in `Phase`")]
pub enum PhaseName {
    Submitting,
    Refused,
    Unconfirmed,
    Accepted,
    Fulfilled,
    Registered,
    Complete,
    Cancelled,
}

impl PhaseName {
    /// Phases in which something may still happen by itself.
    pub const OPEN: [Self; 5] =
        [Self::Submitting, Self::Unconfirmed, Self::Accepted, Self::Fulfilled, Self::Registered];

    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Submitting,
        Self::Refused,
        Self::Unconfirmed,
        Self::Accepted,
        Self::Fulfilled,
        Self::Registered,
        Self::Complete,
        Self::Cancelled,
    ];

    /// As it stands in records and answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Submitting => "submitting",
            Self::Refused => "refused",
            Self::Unconfirmed => "unconfirmed",
            Self::Accepted => "accepted",
            Self::Fulfilled => "fulfilled",
            Self::Registered => "registered",
            Self::Complete => "complete",
            Self::Cancelled => "cancelled",
        }
    }

    /// The reverse of [`PhaseName::as_str`].
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|name| name.as_str() == text)
    }
}

impl Phase {
    /// Its name.
    pub fn name(&self) -> PhaseName {
        match self {
            Self::Submitting(_) => PhaseName::Submitting,
            Self::Refused(_) => PhaseName::Refused,
            Self::Unconfirmed(_) => PhaseName::Unconfirmed,
            Self::Accepted(_) => PhaseName::Accepted,
            Self::Fulfilled(_) => PhaseName::Fulfilled,
            Self::Registered(_) => PhaseName::Registered,
            Self::Complete(_) => PhaseName::Complete,
            Self::Cancelled(_) => PhaseName::Cancelled,
        }
    }

    /// The delivery service's id, from acceptance on.
    pub fn delivery_id(&self) -> Option<&DeliveryId> {
        match self {
            Self::Submitting(_) | Self::Refused(_) | Self::Unconfirmed(_) => None,
            Self::Accepted(accepted) => Some(&accepted.delivery_id),
            Self::Fulfilled(fulfilled) => Some(&fulfilled.accepted.delivery_id),
            Self::Registered(registered) => Some(&registered.fulfilled.accepted.delivery_id),
            Self::Complete(complete) => complete.before.delivery_id(),
            Self::Cancelled(cancelled) => cancelled.before.delivery_id(),
        }
    }

    /// What is known of the delivery, from acceptance on.
    pub fn accepted(&self) -> Option<&Accepted> {
        match self {
            Self::Accepted(accepted) => Some(accepted),
            Self::Complete(Complete { before, .. }) | Self::Cancelled(Cancelled { before, .. }) => before.accepted(),
            _ => self.fulfilled().map(|fulfilled| &fulfilled.accepted),
        }
    }

    /// What is known of the keys made, from fulfilment on.
    pub fn fulfilled(&self) -> Option<&Fulfilled> {
        match self {
            Self::Fulfilled(fulfilled) => Some(fulfilled),
            Self::Complete(Complete { before, .. }) | Self::Cancelled(Cancelled { before, .. }) => before.fulfilled(),
            _ => self.registered().map(|registered| &registered.fulfilled),
        }
    }

    /// What is known of the registration, from then on.
    pub fn registered(&self) -> Option<&Registered> {
        match self {
            Self::Registered(registered) => Some(registered),
            Self::Complete(Complete { before, .. }) | Self::Cancelled(Cancelled { before, .. }) => before.registered(),
            _ => None,
        }
    }

    /// Complete because a person said so.
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
into_phase!(Submitting, Refused, Unconfirmed, Accepted, Fulfilled, Registered, Complete, Cancelled);

/// The order is being sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Submitting {
    /// Until when the task that sends it may be alive. Afterwards the outcome is unknown.
    pub until: Timestamp,
}

impl Submitting {
    /// The only beginning.
    pub(crate) fn new(until: Timestamp) -> Self {
        Self { until }
    }

    /// The delivery service took the order.
    pub(crate) fn accepted(self, delivery_id: DeliveryId, at: Timestamp) -> Accepted {
        Accepted { delivery_id, at, state: None, tracking: Tracking::default() }
    }

    /// The delivery service definitely did not take it.
    pub(crate) fn refused(self, reason: impl Into<String>, at: Timestamp) -> Refused {
        Refused { at, reason: reason.into() }
    }

    /// Nobody knows.
    pub(crate) fn unconfirmed(
        self,
        reason: impl Into<String>,
        correlation: Option<String>,
        at: Timestamp,
    ) -> Unconfirmed {
        Unconfirmed { at, reason: reason.into(), correlation }
    }
}

/// The order was definitely not taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Refused {
    /// When.
    pub at: Timestamp,
    /// The refusal, for a person.
    pub reason: String,
}

/// The answer to the order was lost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Unconfirmed {
    /// When we lost it.
    pub at: Timestamp,
    /// What happened to the answer.
    pub reason: String,
    /// Correlation id of the call whose answer was lost, where there was one.
    #[serde(default)]
    pub correlation: Option<String>,
}

impl Unconfirmed {
    /// A person found the order at the delivery service.
    pub(crate) fn adopted(self, delivery_id: DeliveryId, at: Timestamp) -> Accepted {
        Accepted { delivery_id, at, state: None, tracking: Tracking::default() }
    }
}

/// The delivery service has the order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Accepted {
    /// Its id there.
    pub delivery_id: DeliveryId,
    /// Since when.
    pub at: Timestamp,
    /// Its state there, as last seen.
    pub state: Option<DeliveryState>,
    /// Where the parcel is, as last seen.
    pub tracking: Tracking,
}

impl Accepted {
    /// The same, with what the delivery service says now.
    #[must_use]
    pub(crate) fn seen(mut self, state: DeliveryState, tracking: Tracking) -> Self {
        self.state = Some(state);
        self.tracking = tracking;
        self
    }

    /// The keys are made; `keys` has one entry for each ordered key, in order.
    pub(crate) fn fulfilled(self, keys: Vec<Hardware>, at: Timestamp) -> Fulfilled {
        Fulfilled { accepted: self, keys, at }
    }

    /// The delivery service does not know it any more.
    pub(crate) fn cancelled(self, reason: impl Into<String>, at: Timestamp) -> Cancelled {
        Cancelled { before: Box::new(self.into()), at, reason: reason.into() }
    }
}

/// The delivery service's state of a shipment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryState {
    /// Numeric state id. `None` when the answer had none.
    pub id: Option<i64>,
    /// The text that came with it.
    pub message: Option<String>,
}

/// The keys are made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Fulfilled {
    /// The phase before.
    pub accepted: Accepted,
    /// One for each ordered key, in order.
    pub keys: Vec<Hardware>,
    /// When we saw it.
    pub at: Timestamp,
}

impl Fulfilled {
    /// The identity provider holds all credentials; `credentials` has one list for each key, in order.
    pub(crate) fn registered(self, credentials: Vec<Vec<RegisteredCredential>>, at: Timestamp) -> Registered {
        Registered { fulfilled: self, credentials, at }
    }

    /// The delivery service does not know it any more, and its responses went with it.
    pub(crate) fn cancelled(self, reason: impl Into<String>, at: Timestamp) -> Cancelled {
        Cancelled { before: Box::new(self.into()), at, reason: reason.into() }
    }
}

/// The identity provider holds the credentials.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Registered {
    /// The phase before.
    pub fulfilled: Fulfilled,
    /// One list for each key, in order.
    pub credentials: Vec<Vec<RegisteredCredential>>,
    /// When we saw it.
    pub at: Timestamp,
}

impl Registered {
    /// Every PIN was handed over.
    pub(crate) fn complete(self, at: Timestamp) -> Complete {
        Complete { before: Box::new(self.into()), at, by: CompletedBy::Processing }
    }
}

/// Nothing is left to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Complete {
    /// The phase before.
    pub before: Box<Phase>,
    /// When it was completed, or when we saw that a person did it. Its age counts from here.
    pub at: Timestamp,
    /// Who completed it.
    pub by: CompletedBy,
}

/// Who completed a shipment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CompletedBy {
    /// Processing, with the key registered and the PIN handed over.
    Processing,
    /// A caller of the API, with a reason.
    Caller {
        /// Which application.
        caller: CallerId,
        /// Why.
        reason: String,
    },
    /// Somebody who edited the record.
    Record,
}

/// The delivery service does not know the shipment any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Cancelled {
    /// The phase before.
    pub before: Box<Phase>,
    /// When we saw it.
    pub at: Timestamp,
    /// What the delivery service said.
    pub reason: String,
}

#[cfg(test)]
mod tests;
