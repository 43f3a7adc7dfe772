//! What happened to a shipment: append-only rows, without secrets.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{CallerId, Timestamp};

/// One thing that happened to a shipment.
///
/// Events come from transitions only ([`crate::Change`]). A stored event never changes, with one exception: an obstacle that is
/// met again is counted on the row that tells it (`times`, `last_at`, `correlation`), as long as it is the newest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Event {
    /// Number of the event within its shipment: 1, 2, 3 and so on.
    pub seq: u32,
    /// When it first happened.
    pub at: Timestamp,
    /// When it last happened; differs from `at` when `times` is over 1.
    pub last_at: Timestamp,
    /// How many times in a row.
    pub times: u32,
    /// What kind of event.
    pub kind: EventKind,
    /// Who caused it.
    pub actor: Actor,
    /// What happened, for an operator. Never a secret or a PIN.
    pub detail: String,
    /// `client-request-id` of the call concerned, for the other side's logs.
    pub correlation: Option<String>,
}

impl Event {
    /// The same event once more.
    pub(crate) fn again(&self, at: Timestamp, correlation: Option<String>) -> Self {
        Self {
            last_at: at,
            times: self.times.saturating_add(1),
            correlation: correlation.or_else(|| self.correlation.clone()),
            ..self.clone()
        }
    }
}

/// What a transition says about its event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// When it happened.
    pub at: Timestamp,
    /// What happened, for an operator. Never a secret or a PIN.
    pub detail: String,
    /// `client-request-id` of the call concerned.
    pub correlation: Option<String>,
}

impl Note {
    /// A note about something that no call is concerned with.
    pub fn new(at: Timestamp, detail: impl Into<String>) -> Self {
        Self { at, detail: detail.into(), correlation: None }
    }

    /// The same with the correlation id of the call concerned.
    #[must_use]
    pub fn with_correlation(mut self, correlation: Option<String>) -> Self {
        self.correlation = correlation;
        self
    }
}

/// The kinds of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// The intent was made durable.
    Submitted,
    /// The delivery service accepted the order.
    Accepted,
    /// The delivery service refused the order.
    Refused,
    /// The response to the order was lost.
    Unconfirmed,
    /// An operator named the order of the delivery service that this is.
    Adopted,
    /// The delivery service reported another state.
    StateChanged,
    /// The key was made and its responses are available.
    Fulfilled,
    /// The identity provider holds the credential.
    Registered,
    /// The PIN was sent again at an operator's request.
    PinResent,
    /// The shipment is complete.
    Completed,
    /// The delivery service does not know the shipment any more.
    Cancelled,
    /// An obstacle keeps the shipment from progressing.
    Obstacle,
    /// The obstacle is gone.
    ObstacleCleared,
    /// The challenge expires soon.
    DeadlineNear,
    /// An operator asked to try again.
    RetryAsked,
}

impl EventKind {
    /// As it is spelled in stored events and responses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Submitted => "submitted",
            Self::Accepted => "accepted",
            Self::Refused => "refused",
            Self::Unconfirmed => "unconfirmed",
            Self::Adopted => "adopted",
            Self::StateChanged => "state_changed",
            Self::Fulfilled => "fulfilled",
            Self::Registered => "registered",
            Self::PinResent => "pin_resent",
            Self::Completed => "completed",
            Self::Cancelled => "cancelled",
            Self::Obstacle => "obstacle",
            Self::ObstacleCleared => "obstacle_cleared",
            Self::DeadlineNear => "deadline_near",
            Self::RetryAsked => "retry_asked",
        }
    }
}

/// Who caused an event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    /// A call to the API.
    Caller(CallerId),
    /// The scheduled or on-demand processing.
    Processing,
    /// Whoever edited the record by hand.
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
    fn actors_are_displayed_in_words() {
        let actors = [Actor::Caller(CallerId::new("portal")), Actor::Processing, Actor::Record];
        assert_eq!(actors.map(|actor| actor.to_string()), ["caller portal", "processing", "edited by hand"]);
    }

    #[test]
    fn a_kind_is_spelled_the_same_in_records_and_in_responses() {
        use EventKind as Kind;
        for kind in [
            Kind::Submitted,
            Kind::Accepted,
            Kind::Refused,
            Kind::Unconfirmed,
            Kind::Adopted,
            Kind::StateChanged,
            Kind::Fulfilled,
            Kind::Registered,
            Kind::PinResent,
            Kind::Completed,
            Kind::Cancelled,
            Kind::Obstacle,
            Kind::ObstacleCleared,
            Kind::DeadlineNear,
            Kind::RetryAsked,
        ] {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        }
    }
}
