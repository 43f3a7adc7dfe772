//! A shipment together with what must be committed with it.

use super::aggregate::Shipment;
use crate::{Actor, Event, EventKind, Note};

/// A shipment after transitions, with the events that happened and are not stored yet.
///
/// Only transitions make one, so a store cannot be given a record without its events.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a transition takes effect when it is committed"]
pub struct Change {
    shipment: Shipment,
    events: Vec<Event>,
    /// How many of the shipment's events were stored before.
    stored: u32,
    changed: bool,
}

/// What a store does with an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventWrite<'a> {
    /// A new row. That there is one with this number already is a defect.
    Append(&'a Event),
    /// The newest stored event happened again: its row gets the new count, time and correlation id.
    Recount(&'a Event),
}

impl Change {
    /// The shipment as it is stored.
    pub fn none(shipment: impl Into<Shipment>) -> Self {
        let shipment = shipment.into();
        let stored = shipment.common.events;
        Self { shipment, events: Vec::new(), stored, changed: false }
    }

    /// A changed shipment, without an event.
    pub(super) fn silent(shipment: impl Into<Shipment>) -> Self {
        Self { changed: true, ..Self::none(shipment) }
    }

    /// A changed shipment and the event that tells it.
    pub(super) fn told(shipment: impl Into<Shipment>, kind: EventKind, actor: Actor, note: Note) -> Self {
        let mut change = Self::silent(shipment);
        let Note { at, detail, correlation } = note;
        let seq = change.stored + 1;
        change.shipment.common.events = seq;
        change.events.push(Event { seq, at, last_at: at, times: 1, kind, actor, detail, correlation });
        change
    }

    /// A changed shipment whose newest event happened again.
    pub(super) fn repeated(shipment: Shipment, event: Event) -> Self {
        Self { events: vec![event], ..Self::silent(shipment) }
    }

    /// Makes another transition; the events of both are committed together.
    pub fn then(self, transition: impl FnOnce(Shipment) -> Self) -> Self {
        let Self { shipment, mut events, stored, changed } = self;
        let next = transition(shipment);
        for event in next.events {
            // Met again before it was stored: still one row.
            match events.last_mut() {
                Some(last) if last.seq == event.seq => *last = event,
                _ => events.push(event),
            }
        }
        Self { shipment: next.shipment, events, stored, changed: changed || next.changed }
    }

    /// The shipment.
    pub fn shipment(&self) -> &Shipment {
        &self.shipment
    }

    /// What happened and is not stored yet, oldest first.
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// The same as what a store does with it.
    pub fn writes(&self) -> impl Iterator<Item = EventWrite<'_>> {
        self.events.iter().map(|event| match event.seq > self.stored {
            true => EventWrite::Append(event),
            false => EventWrite::Recount(event),
        })
    }

    /// Whether there is anything to commit.
    pub fn is_changed(&self) -> bool {
        self.changed
    }

    /// The shipment, once the change is committed or given up.
    pub fn into_shipment(self) -> Shipment {
        self.shipment
    }
}
