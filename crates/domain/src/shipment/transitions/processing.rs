//! What runs find and do.

use crate::phase::DeliveryState;
use crate::shipment::aggregate::{In, Shipment};
use crate::shipment::change::Change;
use crate::shipment::obstacle::{NewObstacle, Obstacle};
use crate::{
    Accepted, Actor, EventKind, Fulfilled, Hardware, Note, Phase, Registered, RegisteredCredential, Timestamp, Tracking,
};

impl Shipment {
    /// An obstacle keeps it from progressing. Attempts are counted while the code is the same. While its summary is the same, too, and
    /// nothing else happened since, the repetition is counted on the event.
    pub fn meet(mut self, new: NewObstacle) -> Change {
        let attempts = self.attempts_with(&new.code);
        let NewObstacle { class, code, message, summary, correlation, next_attempt, at } = new;
        let before = self.common.obstacle.take();
        let since = before.as_ref().filter(|met| met.code == code).map_or(at, |met| met.since);
        let detail = format!("{}: {summary}", class.as_str());
        let newest = self.common.events;
        let told = before.map(|met| met.event).filter(|event| event.seq == newest && event.detail == detail);
        let obstacle = |event| Obstacle { class, code, message, since, attempts, next_attempt, event };
        match told {
            Some(event) => {
                let event = event.again(at, correlation);
                self.common.obstacle = Some(obstacle(event.clone()));
                Change::repeated(self, event)
            }
            None => {
                let note = Note { at, detail, correlation };
                Change::told(self, EventKind::Obstacle, Actor::Processing, note).with_obstacle(obstacle)
            }
        }
    }

    /// A run went through: the obstacle, if there was one, is gone.
    pub fn clear_obstacle(mut self, at: Timestamp) -> Change {
        match self.common.obstacle.take() {
            None => Change::none(self),
            Some(_) => {
                let note = Note::new(at, "the last run went through");
                Change::told(self, EventKind::ObstacleCleared, Actor::Processing, note)
            }
        }
    }

    /// Raises the alarm, once, that a challenge expires within `lead` and its key is not registered yet.
    pub fn raise_deadline_alarm(mut self, lead: std::time::Duration, at: Timestamp) -> Change {
        let waits = matches!(self.phase, Phase::Accepted(_) | Phase::Fulfilled(_)) && self.deadline_alarm.is_none();
        match self.deadline().filter(|deadline| waits && *deadline - lead <= at) {
            None => Change::none(self),
            Some(deadline) => {
                self.common.deadline_alarm = Some(at);
                let detail = format!(
                    "the identity provider takes the registration until {} only; if the key does not ship before, order a new one",
                    deadline.format("%Y-%m-%dT%H:%M:%SZ")
                );
                Change::told(self, EventKind::DeadlineNear, Actor::Processing, Note::new(at, detail))
            }
        }
    }
}

impl Change {
    /// The obstacle around the event that was just told.
    fn with_obstacle(self, obstacle: impl FnOnce(crate::Event) -> Obstacle) -> Self {
        let event = self.events().last().cloned();
        self.then(|mut shipment| {
            shipment.common.obstacle = event.map(obstacle);
            Self::silent(shipment)
        })
    }
}

impl In<Accepted> {
    /// What the delivery service says now. `note` tells a change that is worth an event.
    pub fn observe(mut self, state: DeliveryState, tracking: Tracking, note: Option<Note>) -> Change {
        let changed = self.phase.state.as_ref() != Some(&state) || self.phase.tracking != tracking;
        self.phase = self.phase.seen(state, tracking);
        match note {
            Some(note) => Change::told(self, EventKind::StateChanged, Actor::Processing, note),
            None if changed => Change::silent(self),
            None => Change::none(self),
        }
    }

    /// The keys are made, as the delivery service says with this state; `keys` has one entry for each ordered key, in order.
    pub fn fulfil(self, state: DeliveryState, tracking: Tracking, keys: Vec<Hardware>, note: Note) -> Change {
        let at = note.at;
        let next = |phase: Accepted| phase.seen(state, tracking).fulfilled(keys, at);
        self.enter(next, EventKind::Fulfilled, Actor::Processing, note)
    }

    /// The delivery service does not know it any more.
    pub fn cancel(self, reason: impl Into<String>, note: Note) -> Change {
        let at = note.at;
        self.enter(|phase| phase.cancelled(reason, at), EventKind::Cancelled, Actor::Processing, note)
    }
}

impl In<Fulfilled> {
    /// The identity provider holds all credentials; `credentials` has one list for each key, in order.
    pub fn register(self, credentials: Vec<Vec<RegisteredCredential>>, note: Note) -> Change {
        let at = note.at;
        self.enter(|phase| phase.registered(credentials, at), EventKind::Registered, Actor::Processing, note)
    }

    /// The delivery service does not know it any more, and its responses are gone with it.
    pub fn cancel(self, reason: impl Into<String>, note: Note) -> Change {
        let at = note.at;
        self.enter(|phase| phase.cancelled(reason, at), EventKind::Cancelled, Actor::Processing, note)
    }
}

impl In<Registered> {
    /// Every PIN was delivered.
    pub fn complete(self, note: Note) -> Change {
        let at = note.at;
        self.enter(|phase| phase.complete(at), EventKind::Completed, Actor::Processing, note)
    }
}
