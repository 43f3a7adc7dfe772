//! What operators decide.

use crate::shipment::aggregate::{In, Phased, Shipment};
use crate::shipment::change::Change;
use crate::{
    Accepted, Actor, CallerId, Cancelled, CompletedBy, DeliveryId, EventKind, Fulfilled, Note, Phase, Refused,
    Registered, Unconfirmed,
};

/// A phase in which an operator may declare a shipment complete.
pub trait Settleable: Into<Phase> {}

impl Settleable for Refused {}
impl Settleable for Unconfirmed {}
impl Settleable for Accepted {}
impl Settleable for Fulfilled {}
impl Settleable for Registered {}
impl Settleable for Cancelled {}

impl<P: Settleable> In<P> {
    /// It is settled: no run looks at it again. The note's detail is the reason.
    pub fn settle(self, by: CallerId, note: Note) -> Change {
        let (at, reason) = (note.at, note.detail.clone());
        let completed_by = CompletedBy::Caller { caller: by.clone(), reason };
        let next = |phase: P| phase.into().set_complete(at, completed_by);
        self.enter(next, EventKind::Completed, Actor::Caller(by), note)
    }
}

/// A phase in which an operator may ask to try again.
pub trait Retryable: Into<Phase> {}

impl Retryable for Accepted {}
impl Retryable for Fulfilled {}
impl Retryable for Registered {}

impl<P: Retryable> In<P> {
    /// Try again, even though the obstacle was final.
    pub fn retry(self, by: CallerId, note: Note) -> Change {
        self.enter(|phase| phase, EventKind::RetryAsked, Actor::Caller(by), note)
    }
}

impl In<Cancelled> {
    /// Look again: it goes on in the phase that it was cancelled in.
    pub fn retry(self, by: CallerId, note: Note) -> Change {
        self.enter(|phase| *phase.before, EventKind::RetryAsked, Actor::Caller(by), note)
    }
}

impl In<Unconfirmed> {
    /// The unconfirmed order is this one of the delivery service.
    pub fn adopt(self, id: DeliveryId, by: CallerId, note: Note) -> Change {
        let at = note.at;
        self.enter(|phase| phase.adopted(id, at), EventKind::Adopted, Actor::Caller(by), note)
    }
}

impl Shipment {
    /// The PIN was sent again. One that was never delivered before is delivered by that.
    pub fn pin_resent(self, by: CallerId, note: Note) -> Change {
        let (at, actor) = (note.at, Actor::Caller(by));
        match self.phased() {
            Phased::Registered(it) => it.enter(|phase| phase.complete(at), EventKind::PinResent, actor, note),
            other => Change::told(other, EventKind::PinResent, actor, note),
        }
    }
}
