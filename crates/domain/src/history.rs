//! What happened to a shipment: append-only, without secrets.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{CallerId, Timestamp};

/// Everything that happened to a shipment, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct History(Vec<Event>);

impl History {
    /// How many events are kept. The first ones and the newest ones stay; a gap is told by an event of its own.
    pub const LIMIT: usize = 200;

    /// The events, oldest first.
    pub fn events(&self) -> &[Event] {
        &self.0
    }

    /// Appends an event. One that only repeats the last is counted there instead, so that a failure that comes
    /// back every hour for two weeks stays one line.
    pub fn record(&mut self, event: Event) {
        if let Some(last) = self.0.last_mut()
            && last.kind == event.kind
            && last.actor == event.actor
            && last.detail == event.detail
        {
            last.times += 1;
            last.last_at = event.at;
            last.correlation = event.correlation.or_else(|| last.correlation.take());
            return;
        }
        if self.0.len() >= Self::LIMIT {
            // The beginning tells how the order came about; what goes is the oldest of the rest.
            self.0.remove(Self::LIMIT / 4);
        }
        self.0.push(event);
    }
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// When it first happened.
    pub at: Timestamp,
    /// When it last happened; differs from `at` when `times` is over 1.
    pub last_at: Timestamp,
    /// How many times in a row.
    pub times: u32,
    /// What kind of thing.
    pub kind: EventKind,
    /// Who did it.
    pub actor: Actor,
    /// What exactly, for a person to read. Never a secret or a PIN.
    pub detail: String,
    /// Correlation id of the call concerned, for the other side's logs.
    pub correlation: Option<String>,
}

impl Event {
    /// An event that just happened.
    pub fn new(at: Timestamp, kind: EventKind, actor: Actor, detail: impl Into<String>) -> Self {
        Self { at, last_at: at, times: 1, kind, actor, detail: detail.into(), correlation: None }
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
    /// The delivery service took the order.
    Accepted,
    /// The delivery service refused the order.
    Refused,
    /// The answer to the order was lost.
    Unconfirmed,
    /// A person told which order of the delivery service this is.
    Adopted,
    /// The delivery service reported another state.
    StateChanged,
    /// The key was made and its responses are there.
    Fulfilled,
    /// The identity provider holds the credential.
    Registered,
    /// The PIN was sent again on a person's word.
    PinResent,
    /// All is done.
    Completed,
    /// The delivery service does not know the shipment any more.
    Cancelled,
    /// Something stands in the way.
    Obstacle,
    /// What stood in the way is gone.
    ObstacleCleared,
    /// The challenge runs out soon.
    DeadlineNear,
    /// A person asked to try again.
    RetryAsked,
}

/// Who did it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    /// A call to the API.
    Caller(CallerId),
    /// The scheduled or on-demand processing.
    Processing,
    /// Somebody who edited the record by hand.
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

    fn event(second: i64, detail: &str) -> Event {
        let at = Timestamp::from_timestamp(second, 0).unwrap();
        Event::new(at, EventKind::Obstacle, Actor::Processing, detail)
    }

    #[test]
    fn a_repetition_is_counted_not_appended() {
        let mut history = History::default();
        history.record(event(1, "no manager").with_correlation(Some("a".into())));
        history.record(event(2, "no manager").with_correlation(Some("b".into())));
        history.record(event(3, "no mail"));
        let [first, second] = history.events() else { panic!("{history:?}") };
        assert_eq!((first.times, first.at.timestamp(), first.last_at.timestamp()), (2, 1, 2));
        assert_eq!(first.correlation.as_deref(), Some("b"));
        assert_eq!(second.times, 1);
    }

    #[test]
    fn it_does_not_grow_without_end_and_keeps_its_beginning() {
        let mut history = History::default();
        for second in 0..1000 {
            history.record(event(second, &second.to_string()));
        }
        assert_eq!(history.events().len(), History::LIMIT);
        assert_eq!(history.events()[0].detail, "0");
        assert_eq!(history.events().last().unwrap().detail, "999");
    }

    #[test]
    fn who_did_it_is_told_in_words() {
        let actors = [Actor::Caller(CallerId::new("portal")), Actor::Processing, Actor::Record];
        assert_eq!(actors.map(|actor| actor.to_string()), ["caller portal", "processing", "edited by hand"]);
    }
}
