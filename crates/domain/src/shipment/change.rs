//! Changed shipment and the events to commit with it.

use super::aggregate::Shipment;
use super::obstacle::Obstacle;
use crate::{Actor, Event, EventKind, Note};

/// Shipment after one or more transitions, with the events that are not stored yet.
///
/// Only transitions create changes, so a store never receives a record without its events.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a transition takes effect when it is committed"]
pub struct Change {
    shipment: Shipment,
    events: Vec<Event>,
    /// Number of events of the shipment that are already stored.
    stored: u32,
    changed: bool,
}

/// Write operation for an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventWrite<'a> {
    /// Insert a new row. An existing row with this number is a bug.
    Append(&'a Event),
    /// Update count, time and correlation id of the newest stored event.
    Recount(&'a Event),
}

impl Change {
    /// Creates a change that changes nothing.
    pub fn none(shipment: impl Into<Shipment>) -> Self {
        let shipment = shipment.into();
        let stored = shipment.common.events;
        Self { shipment, events: Vec::new(), stored, changed: false }
    }

    /// Creates a change without an event.
    pub(super) fn without_event(shipment: impl Into<Shipment>) -> Self {
        Self { changed: true, ..Self::none(shipment) }
    }

    /// Creates a change with one event.
    pub(super) fn with_event(shipment: impl Into<Shipment>, kind: EventKind, actor: Actor, note: Note) -> Self {
        let mut change = Self::without_event(shipment);
        let Note { at, detail, correlation } = note;
        let seq = change.stored + 1;
        change.shipment.common.events = seq;
        change.events.push(Event { seq, at, last_at: at, times: 1, kind, actor, detail, correlation, stock: None });
        change
    }

    /// Creates a change that updates the newest event.
    pub(super) fn repeated(shipment: Shipment, event: Event) -> Self {
        Self { events: vec![event], ..Self::without_event(shipment) }
    }

    /// Applies another transition. The events of both are committed together.
    pub fn then(self, transition: impl FnOnce(Shipment) -> Self) -> Self {
        let Self { shipment, mut events, stored, changed } = self;
        let next = transition(shipment);
        for event in next.events {
            // An obstacle that occurs again before the change is stored stays one row.
            match events.last_mut() {
                Some(last) if last.seq == event.seq => *last = event,
                _ => events.push(event),
            }
        }
        Self { shipment: next.shipment, events, stored, changed: changed || next.changed }
    }

    /// Sets the obstacle again that a transition removed, if there was one.
    pub(super) fn with_kept_obstacle(mut self, obstacle: Option<Obstacle>) -> Self {
        self.shipment.common.obstacle = obstacle;
        self
    }

    /// Returns the shipment.
    pub fn shipment(&self) -> &Shipment {
        &self.shipment
    }

    /// Returns the events that are not stored yet, oldest first.
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// Returns the write operations for the events, oldest first.
    pub fn writes(&self) -> impl Iterator<Item = EventWrite<'_>> {
        self.events.iter().map(|event| match event.seq > self.stored {
            true => EventWrite::Append(event),
            false => EventWrite::Recount(event),
        })
    }

    /// Returns whether there is anything to commit.
    pub fn is_changed(&self) -> bool {
        self.changed
    }

    /// Returns the shipment. Call it after the change is committed or discarded.
    pub fn into_shipment(self) -> Shipment {
        self.shipment
    }
}
