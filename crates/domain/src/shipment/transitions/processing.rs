//! Transitions made by processing runs.

use chrono::Days;

use crate::phase::DeliveryState;
use crate::shipment::aggregate::{In, Shipment};
use crate::shipment::change::Change;
use crate::shipment::obstacle::{NewObstacle, Obstacle};
use crate::{
    Accepted, Actor, Cancelling, EventKind, Fulfilled, Hardware, Note, Phase, PinLink, Registered,
    RegisteredCredential, Timestamp, Tracking,
};

impl Shipment {
    /// Records an obstacle.
    ///
    /// Attempts are counted while the code stays the same. If the summary is the same as well and no other event was
    /// recorded since, the repetition updates the existing event instead of adding one.
    pub fn meet(mut self, new: NewObstacle) -> Change {
        let attempts = self.attempts_with(&new.code);
        let NewObstacle { class, code, message, summary, correlation, next_attempt, at } = new;
        let before = self.common.obstacle.take();
        let since = before.as_ref().filter(|met| met.code == code).map_or(at, |met| met.since);
        let detail = format!("{}: {summary}", class.as_str());
        let newest = self.common.events;
        let repeated = before.map(|met| met.event).filter(|event| event.seq == newest && event.detail == detail);
        let obstacle = |event| Obstacle { class, code, message, since, attempts, next_attempt, event };
        match repeated {
            Some(event) => {
                let event = event.again(at, correlation);
                self.common.obstacle = Some(obstacle(event.clone()));
                Change::repeated(self, event)
            }
            None => {
                let note = Note { at, detail, correlation };
                Change::with_event(self, EventKind::Obstacle, Actor::Processing, note).with_obstacle(obstacle)
            }
        }
    }

    /// Removes the obstacle, if there is one, after a run without a failure.
    pub fn clear_obstacle(mut self, at: Timestamp) -> Change {
        match self.common.obstacle.take() {
            None => Change::none(self),
            Some(_) => {
                let note = Note::new(at, "the last run succeeded");
                Change::with_event(self, EventKind::ObstacleCleared, Actor::Processing, note)
            }
        }
    }

    /// Raises an alarm if a challenge expires within `lead` and its key is not registered yet. Raised once per
    /// shipment.
    pub fn raise_deadline_alarm(mut self, lead: std::time::Duration, at: Timestamp) -> Change {
        let waits = matches!(self.phase, Phase::Accepted(_) | Phase::Fulfilled(_)) && self.deadline_alarm.is_none();
        match self.deadline().filter(|deadline| waits && *deadline - lead <= at) {
            None => Change::none(self),
            Some(deadline) => {
                self.common.deadline_alarm = Some(at);
                let detail = format!(
                    "the identity provider accepts the registration only until {}; \
                     if the key does not ship before then, order a new one",
                    deadline.format("%Y-%m-%dT%H:%M:%SZ")
                );
                Change::with_event(self, EventKind::DeadlineNear, Actor::Processing, Note::new(at, detail))
            }
        }
    }

    /// Raises an alarm if the key will not arrive by the day on which the person needs it: before it is made, if fewer
    /// than `usual_days` are left; after that, when the day is over. Raised once per shipment.
    pub fn raise_late_alarm(mut self, usual_days: u32, at: Timestamp) -> Change {
        let days = match self.phase {
            Phase::Queued(_) | Phase::Submitting(_) | Phase::Accepted(_) => u64::from(usual_days),
            Phase::Fulfilled(_) | Phase::Registered(_) => 0,
            _ => return Change::none(self),
        };
        let expected = at.date_naive().checked_add_days(Days::new(days));
        let needed_by = self.common.info.needed_by.filter(|_| self.common.late_alarm.is_none());
        match needed_by.filter(|day| expected.is_some_and(|expected| expected > *day)) {
            None => Change::none(self),
            Some(day) => {
                self.common.late_alarm = Some(at);
                let detail = match days {
                    0 => format!("the person needs the key by {day}, and its delivery is not complete"),
                    days => format!("the person needs the key by {day}, and parcels usually take {days} days"),
                };
                Change::with_event(self, EventKind::Late, Actor::Processing, Note::new(at, detail))
            }
        }
    }
}

impl Change {
    /// Sets the obstacle, built from the event just added.
    fn with_obstacle(self, obstacle: impl FnOnce(crate::Event) -> Obstacle) -> Self {
        let event = self.events().last().cloned();
        self.then(|mut shipment| {
            shipment.common.obstacle = event.map(obstacle);
            Self::without_event(shipment)
        })
    }
}

impl In<Accepted> {
    /// Records the delivery service's current state and tracking data. With `note`, also adds an event.
    pub fn observe(mut self, state: DeliveryState, tracking: Tracking, note: Option<Note>) -> Change {
        let changed = self.phase.state.as_ref() != Some(&state) || self.phase.tracking != tracking;
        self.phase = self.phase.seen(state, tracking);
        match note {
            Some(note) => Change::with_event(self, EventKind::StateChanged, Actor::Processing, note),
            None if changed => Change::without_event(self),
            None => Change::none(self),
        }
    }

    /// Records that the delivery service reports the keys as produced. `keys` has one entry for each ordered key, in
    /// order.
    pub fn fulfil(self, state: DeliveryState, tracking: Tracking, keys: Vec<Hardware>, note: Note) -> Change {
        let at = note.at;
        let next = |phase: Accepted| phase.seen(state, tracking).fulfilled(keys, at);
        self.enter(next, EventKind::Fulfilled, Actor::Processing, note)
    }

    /// Cancels the shipment: it no longer exists in the delivery service.
    pub fn cancel(self, reason: impl Into<String>, note: Note) -> Change {
        let at = note.at;
        self.enter(|phase| phase.cancelled(reason, at), EventKind::Cancelled, Actor::Processing, note)
    }
}

impl In<Fulfilled> {
    /// Records that all credentials are registered. `credentials` has one list for each key, in order.
    pub fn register(self, credentials: Vec<Vec<RegisteredCredential>>, note: Note) -> Change {
        let at = note.at;
        self.enter(|phase| phase.registered(credentials, at), EventKind::Registered, Actor::Processing, note)
    }

    /// Cancels the shipment: it no longer exists in the delivery service, and neither do its responses.
    pub fn cancel(self, reason: impl Into<String>, note: Note) -> Change {
        let at = note.at;
        self.enter(|phase| phase.cancelled(reason, at), EventKind::Cancelled, Actor::Processing, note)
    }
}

impl In<Registered> {
    /// Records that a link to the PIN was sent. The shipment stays in its phase: a link is no delivered PIN.
    pub fn offer_pin(mut self, link: PinLink, note: Note) -> Change {
        self.common.pin_link = Some(link);
        Change::with_event(self, EventKind::PinOffered, Actor::Processing, note)
    }

    /// Completes the shipment: every PIN was delivered. A link to them is closed.
    pub fn complete(mut self, note: Note) -> Change {
        let at = note.at;
        self.common.close_pin_link(at);
        self.enter(|phase| phase.complete(at), EventKind::Completed, Actor::Processing, note)
    }
}

impl In<Cancelling> {
    /// Records that the delivery service accepted the deletion of the cancelled order.
    pub fn deletion_accepted(mut self, note: Note) -> Change {
        self.phase.deleted = Some(note.at);
        Change::with_event(self, EventKind::StateChanged, Actor::Processing, note)
    }

    /// Records that no passkey of the key is registered. `removed` is the note about passkeys that an interrupted run
    /// had registered, and that were deleted.
    pub fn not_registered(mut self, at: Timestamp, removed: Option<Note>) -> Change {
        self.phase.unregistered = Some(at);
        let by = self.phase.request.by.clone();
        match removed {
            None => Change::without_event(self),
            Some(note) => Change::with_event(self, EventKind::Revoked, Actor::Caller(by), note),
        }
    }

    /// Completes the cancellation: the delivery service no longer has the shipment.
    pub fn confirm(self, note: Note) -> Change {
        let at = note.at;
        self.enter(|phase| phase.confirmed(at), EventKind::CancellationConfirmed, Actor::Processing, note)
    }

    /// Records that the key of the cancelled shipment was made or shipped. Recorded once.
    pub fn ships_all_the_same(mut self, note: Note) -> Change {
        if self.phase.shipped.is_some() {
            return Change::none(self);
        }
        self.phase.shipped = Some(note.at);
        Change::with_event(self, EventKind::ShippedDespiteCancellation, Actor::Processing, note)
    }
}
