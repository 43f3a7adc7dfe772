//! Decisions of operators.

use crate::shipment::aggregate::{In, Phased, Shipment};
use crate::shipment::change::Change;
use crate::{
    Accepted, Actor, CallerId, Cancelled, CompletedBy, DeliveryId, EventKind, Fulfilled, Note, Phase, Refused,
    Registered, Unconfirmed,
};

/// Phase in which an operator can complete a shipment.
pub trait Completable: Into<Phase> {}

impl Completable for Refused {}
impl Completable for Unconfirmed {}
impl Completable for Accepted {}
impl Completable for Fulfilled {}
impl Completable for Registered {}
impl Completable for Cancelled {}

impl<P: Completable> In<P> {
    /// Completes the shipment: no run processes it again. The note's detail is the reason.
    pub fn settle(self, by: CallerId, note: Note) -> Change {
        let (at, reason) = (note.at, note.detail.clone());
        let completed_by = CompletedBy::Caller { caller: by.clone(), reason };
        let next = |phase: P| phase.into().set_complete(at, completed_by);
        self.enter(next, EventKind::Completed, Actor::Caller(by), note)
    }
}

/// Phase in which an operator can request a retry.
pub trait Retryable: Into<Phase> {}

impl Retryable for Accepted {}
impl Retryable for Fulfilled {}
impl Retryable for Registered {}

impl<P: Retryable> In<P> {
    /// Requests a retry, even if the obstacle is final.
    pub fn retry(self, by: CallerId, note: Note) -> Change {
        self.enter(|phase| phase, EventKind::RetryRequested, Actor::Caller(by), note)
    }
}

impl In<Cancelled> {
    /// Requests a retry: the shipment returns to the phase before its cancellation.
    pub fn retry(self, by: CallerId, note: Note) -> Change {
        self.enter(|phase| *phase.before, EventKind::RetryRequested, Actor::Caller(by), note)
    }
}

impl In<Unconfirmed> {
    /// Links the unconfirmed order to this shipment of the delivery service.
    pub fn adopt(self, id: DeliveryId, by: CallerId, note: Note) -> Change {
        let at = note.at;
        self.enter(|phase| phase.adopted(id, at), EventKind::Adopted, Actor::Caller(by), note)
    }
}

impl Shipment {
    /// Records that the PIN was sent again. Completes a shipment whose PIN had not been delivered before.
    pub fn pin_resent(self, by: CallerId, note: Note) -> Change {
        let (at, actor) = (note.at, Actor::Caller(by));
        match self.phased() {
            Phased::Registered(it) => it.enter(|phase| phase.complete(at), EventKind::PinResent, actor, note),
            other => Change::with_event(other, EventKind::PinResent, actor, note),
        }
    }
}
