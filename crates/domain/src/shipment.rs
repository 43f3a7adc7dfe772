//! The aggregate: one order for one person, with all that is known of it.

use serde::{Deserialize, Serialize};

use crate::{Actor, CallerId, CompletedBy, EmailAddress, Event, EventKind, History, Key, Phase, ShipmentId, Timestamp};

/// One order for one person. It holds no secret, no PIN and no postal address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shipment {
    /// Our id.
    pub id: ShipmentId,
    /// The calling application.
    pub requested_by: CallerId,
    /// When the intent was made durable.
    pub created_at: Timestamp,
    /// The keys ordered; version 1 of the API orders exactly one.
    pub keys: Vec<Key>,
    /// Who is to receive the PIN instead of the manager.
    pub enrollment_contacts: Vec<EmailAddress>,
    /// The recipient's own address, used for the PIN only where the administrator opted in.
    pub recipient_email: Option<EmailAddress>,
    /// Where it stands.
    pub phase: Phase,
    /// What stands in the way.
    pub obstacle: Option<Obstacle>,
    /// What happened.
    pub history: History,
}

/// Something that stands in a shipment's way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Obstacle {
    /// What it takes to go on.
    pub class: ObstacleClass,
    /// Which one: our own code for what we found, else who answered what. The same code is the same obstacle.
    #[serde(default)]
    pub code: String,
    /// What happened, which call, what to do; for a person. Never a secret or a PIN.
    pub message: String,
    /// Since when.
    pub since: Timestamp,
    /// How often in a row it was met.
    pub attempts: u32,
    /// When it is looked at again by the schedule; `None` for one that is final.
    pub next_attempt: Option<Timestamp>,
}

/// What it takes to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ObstacleClass {
    /// Time: the next run tries again.
    Retry,
    /// A person must mend something; every run looks again.
    Attention,
    /// It cannot become right by itself: nothing is called until a person says so.
    Final,
}

impl ObstacleClass {
    /// As it stands in records and answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Retry => "retry",
            Self::Attention => "attention",
            Self::Final => "final",
        }
    }
}

impl Shipment {
    /// Enters the next phase. What stood in the way before is gone.
    pub fn enter(&mut self, phase: impl Into<Phase>, event: Event) {
        self.phase = phase.into();
        self.obstacle = None;
        self.history.record(event);
    }

    /// Notes what stands in the way, counting repetitions of the same.
    ///
    /// `what` goes into the history: unlike the obstacle's own message it names no single call, so that the same
    /// obstacle met again is counted there instead of written again.
    pub fn meet(&mut self, obstacle: Obstacle, what: &str, correlation: Option<String>, at: Timestamp) {
        let detail = format!("{}: {what}", obstacle.class.as_str());
        let event = Event::new(at, EventKind::Obstacle, Actor::Processing, detail);
        self.history.record(event.with_correlation(correlation));
        self.obstacle = Some(obstacle);
    }

    /// Notes that nothing stands in the way any more.
    pub fn clear_obstacle(&mut self, at: Timestamp) {
        if self.obstacle.take().is_some() {
            self.history.record(Event::new(
                at,
                EventKind::ObstacleCleared,
                Actor::Processing,
                "the last run went through",
            ));
        }
    }

    /// Takes over that a person edited the record to `complete`.
    pub fn completed_by_hand(&mut self, at: Timestamp) {
        if matches!(self.phase, Phase::Complete(_)) {
            return;
        }
        let complete = self.phase.clone().set_complete(at, CompletedBy::Record);
        self.enter(complete, Event::new(at, EventKind::Completed, Actor::Record, "the record was set to complete"));
    }

    /// The guide's word for where it stands.
    pub fn state(&self) -> &'static str {
        if matches!(self.phase, Phase::Complete(_)) { "complete" } else { "ongoing" }
    }

    /// The guide's `error_message`, when there is one.
    pub fn error_message(&self) -> Option<&str> {
        if let Some(obstacle) = &self.obstacle {
            return Some(&obstacle.message);
        }
        match &self.phase {
            Phase::Refused(refused) => Some(&refused.reason),
            Phase::Unconfirmed(unconfirmed) => Some(&unconfirmed.reason),
            Phase::Cancelled(cancelled) => Some(&cancelled.reason),
            _ => None,
        }
    }

    /// The earliest deadline of its challenges.
    pub fn deadline(&self) -> Option<Timestamp> {
        self.keys.iter().flat_map(|key| &key.credentials).map(|credential| credential.deadline).min()
    }
}

#[cfg(test)]
mod tests;
