//! Transitions from the intent to order to the delivery service's response.

use crate::shipment::aggregate::{Common, In, Shipment};
use crate::shipment::change::Change;
use crate::shipment::person::PersonSide;
use crate::{
    Actor, BatchId, Caller, Cancelled, DeliveryId, EmailAddress, EventKind, Key, Note, OrderInfo, Phase, ShipmentId,
    Submitting, Timestamp, Unconfirmed,
};

/// Order that is about to be sent.
#[derive(Clone, Debug)]
pub struct Submission {
    /// Keyferry's id of the shipment.
    pub id: ShipmentId,
    /// Caller that ordered it.
    pub requested_by: Caller,
    /// Batch of the order, if any.
    pub batch: Option<BatchId>,
    /// What the caller said about the order.
    pub info: OrderInfo,
    /// Keys ordered.
    pub keys: Vec<Key>,
    /// Addressees of the PIN, in place of the user's manager.
    pub enrollment_contacts: Vec<EmailAddress>,
    /// Recipient's own address, if it is valid.
    pub recipient_email: Option<EmailAddress>,
    /// Time until which the task that sends the order may be running.
    pub until: Timestamp,
}

impl Shipment {
    /// Creates a shipment from the intent to order. Its creation time is the time of the note.
    pub fn submit(submission: Submission, note: Note) -> Change {
        let Submission { id, requested_by, batch, info, keys, enrollment_contacts, recipient_email, until } =
            submission;
        let actor = Actor::Caller(requested_by.clone());
        let common = Common {
            id,
            requested_by,
            created_at: note.at,
            batch,
            info,
            replaced_by: None,
            revoked: Vec::new(),
            withdrawal: None,
            keys,
            enrollment_contacts,
            recipient_email,
            obstacle: None,
            deadline_alarm: None,
            late_alarm: None,
            limit_reached: None,
            pin_link: None,
            access_pass: None,
            person: PersonSide::default(),
            events: 0,
        };
        Change::with_event(Self { common, phase: Submitting::new(until).into() }, EventKind::Submitted, actor, note)
    }
}

impl<P> In<P> {
    /// Enters a phase and removes the obstacle of the previous one.
    pub(super) fn enter<Q: Into<Phase>>(
        self,
        next: impl FnOnce(P) -> Q,
        kind: EventKind,
        actor: Actor,
        note: Note,
    ) -> Change {
        let Self { mut common, phase } = self;
        common.obstacle = None;
        Change::with_event(Shipment { common, phase: next(phase).into() }, kind, actor, note)
    }
}

impl In<Submitting> {
    /// Records that the delivery service accepted the order.
    pub fn accept(self, id: DeliveryId, note: Note) -> Change {
        let at = note.at;
        self.enter(|phase| phase.accepted(id, at), EventKind::Accepted, Actor::Processing, note)
    }

    /// Records that the order was not placed. The note's detail is the reason.
    pub fn refuse(self, note: Note) -> Change {
        let (at, reason) = (note.at, note.detail.clone());
        self.enter(|phase| phase.refused(reason, at), EventKind::Refused, Actor::Processing, note)
    }

    /// Records that the order may have been sent and its response was lost. `reason` is shown to operators. The note's
    /// correlation id is that of the order's call.
    pub fn lose(self, reason: impl Into<String>, note: Note) -> Change {
        let (at, correlation) = (note.at, note.correlation.clone());
        let next = |phase: Submitting| phase.unconfirmed(reason, correlation, at);
        self.enter(next, EventKind::Unconfirmed, Actor::Processing, note)
    }
}

impl In<Unconfirmed> {
    /// Records that the delivery service's acceptance arrived late.
    pub fn accept(self, id: DeliveryId, note: Note) -> Change {
        let at = note.at;
        self.enter(|phase| phase.adopted(id, at), EventKind::Accepted, Actor::Processing, note)
    }
}

impl In<Cancelled> {
    /// Records that the delivery service's acceptance arrived after the unconfirmed order was cancelled: the shipment
    /// is watched from now on. Returns `None` if the shipment was cancelled in another phase.
    pub fn accept(self, id: DeliveryId, note: Note) -> Option<Change> {
        let Self { mut common, phase } = self;
        common.obstacle = None;
        let phase = phase.accepted_late(id, note.at)?.into();
        Some(Change::with_event(Shipment { common, phase }, EventKind::Accepted, Actor::Processing, note))
    }
}
