//! Edits of the record by an operator (guide 7.1.2).

use crate::shipment::aggregate::Shipment;
use crate::shipment::change::Change;
use crate::{Actor, CompletedBy, EventKind, Note, Phase, Timestamp};

impl Shipment {
    /// Completes a shipment whose record was set to `complete` by hand. Does nothing if it is already complete.
    pub fn completed_by_hand(self, at: Timestamp) -> Change {
        if matches!(self.phase, Phase::Complete(_)) {
            return Change::none(self);
        }
        let Self { mut common, phase } = self;
        common.obstacle = None;
        common.close_pin_link(at);
        let phase = phase.set_complete(at, CompletedBy::Record).into();
        let note = Note::new(at, "the record was set to complete");
        Change::with_event(Self { common, phase }, EventKind::Completed, Actor::Record, note)
    }
}
