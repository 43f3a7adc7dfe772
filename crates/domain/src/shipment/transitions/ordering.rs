//! From the intent to the delivery service's answer.

use crate::shipment::aggregate::{Common, In, Shipment};
use crate::shipment::change::Change;
use crate::{
    Actor, BatchId, CallerId, DeliveryId, EmailAddress, EventKind, Key, Note, Phase, ShipmentId, Submitting, Timestamp,
    Unconfirmed,
};

/// An order that is about to be sent.
#[derive(Clone, Debug)]
pub struct Submission {
    /// Our id.
    pub id: ShipmentId,
    /// The calling application.
    pub requested_by: CallerId,
    /// The batch that the order belongs to.
    pub batch: Option<BatchId>,
    /// The keys ordered.
    pub keys: Vec<Key>,
    /// Who receives the PIN instead of the manager.
    pub enrollment_contacts: Vec<EmailAddress>,
    /// The recipient's own address, where it is a valid one.
    pub recipient_email: Option<EmailAddress>,
    /// Until when the task that sends the order may be alive.
    pub until: Timestamp,
}

impl Shipment {
    /// The intent to order. Its time is the note's.
    pub fn submit(submission: Submission, note: Note) -> Change {
        let Submission { id, requested_by, batch, keys, enrollment_contacts, recipient_email, until } = submission;
        let actor = Actor::Caller(requested_by.clone());
        let common = Common {
            id,
            requested_by,
            created_at: note.at,
            batch,
            keys,
            enrollment_contacts,
            recipient_email,
            obstacle: None,
            deadline_alarm: None,
            events: 0,
        };
        Change::told(Self { common, phase: Submitting::new(until).into() }, EventKind::Submitted, actor, note)
    }
}

impl<P> In<P> {
    /// Enters a phase; the obstacle of the phase before is gone.
    pub(super) fn enter<Q: Into<Phase>>(
        self,
        next: impl FnOnce(P) -> Q,
        kind: EventKind,
        actor: Actor,
        note: Note,
    ) -> Change {
        let Self { mut common, phase } = self;
        common.obstacle = None;
        Change::told(Shipment { common, phase: next(phase).into() }, kind, actor, note)
    }
}

impl In<Submitting> {
    /// The delivery service accepted the order.
    pub fn accept(self, id: DeliveryId, note: Note) -> Change {
        let at = note.at;
        self.enter(|phase| phase.accepted(id, at), EventKind::Accepted, Actor::Processing, note)
    }

    /// The order was definitely not placed; the note's detail is the reason.
    pub fn refuse(self, note: Note) -> Change {
        let (at, reason) = (note.at, note.detail.clone());
        self.enter(|phase| phase.refused(reason, at), EventKind::Refused, Actor::Processing, note)
    }

    /// The order was sent, or may have been, and its response is lost. `reason` is what operators see; the note's correlation id is
    /// the lost call's.
    pub fn lose(self, reason: impl Into<String>, note: Note) -> Change {
        let (at, correlation) = (note.at, note.correlation.clone());
        let next = |phase: Submitting| phase.unconfirmed(reason, correlation, at);
        self.enter(next, EventKind::Unconfirmed, Actor::Processing, note)
    }
}

impl In<Unconfirmed> {
    /// The delivery service's acceptance arrived after all.
    pub fn accept(self, id: DeliveryId, note: Note) -> Change {
        let at = note.at;
        self.enter(|phase| phase.adopted(id, at), EventKind::Accepted, Actor::Processing, note)
    }
}
