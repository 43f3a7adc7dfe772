//! Decisions of operators.

use crate::shipment::aggregate::{In, Phased, Shipment};
use crate::shipment::change::Change;
use crate::{
    Accepted, Actor, Caller, Cancellation, Cancelled, CancelledBy, Cancelling, CompletedBy, DeliveryId, EventKind,
    Fulfilled, Note, Phase, PinLink, Registered, Revocation, Unconfirmed,
};

impl In<Registered> {
    /// Completes the shipment: no run processes it again, and a link to its PIN is closed. The note's detail is the
    /// reason.
    ///
    /// In no other phase: a shipment whose key is not registered must not count as complete.
    pub fn settle(mut self, by: Caller, note: Note) -> Change {
        let (at, reason) = (note.at, note.detail.clone());
        self.common.close_pin_link(at);
        let completed_by = CompletedBy::Caller { caller: by.clone(), reason };
        let next = |phase: Registered| Phase::from(phase).set_complete(at, completed_by);
        self.enter(next, EventKind::Completed, Actor::Caller(by), note)
    }
}

fn cancellation(by: &Caller, note: &Note) -> Cancellation {
    Cancellation { by: by.clone(), reason: note.detail.clone(), at: note.at }
}

impl In<Accepted> {
    /// Cancels the shipment on request. The note's detail is the reason.
    pub fn request_cancel(self, by: Caller, note: Note) -> Change {
        let request = cancellation(&by, &note);
        self.enter(|phase| phase.cancelling(request), EventKind::CancelRequested, Actor::Caller(by), note)
    }
}

impl In<Fulfilled> {
    /// Cancels the shipment on request. Its key exists. The note's detail is the reason.
    pub fn request_cancel(self, by: Caller, note: Note) -> Change {
        let request = cancellation(&by, &note);
        self.enter(|phase| phase.cancelling(request), EventKind::CancelRequested, Actor::Caller(by), note)
    }
}

impl In<Unconfirmed> {
    /// Cancels the order on request. It has no id, so nothing can be deleted or watched. The note's detail is the
    /// reason.
    pub fn request_cancel(self, by: Caller, note: Note) -> Change {
        let request = cancellation(&by, &note);
        self.enter(|phase| phase.cancelled(request), EventKind::CancelRequested, Actor::Caller(by), note)
    }
}

impl In<Unconfirmed> {
    /// Ends the order, which was never placed according to the caller. The note's detail is the reason.
    ///
    /// Like a cancellation: if the order was placed all the same and its acceptance arrives late, the order is deleted
    /// and watched.
    pub fn abandon(self, by: Caller, note: Note) -> Change {
        let request = cancellation(&by, &note);
        self.enter(|phase| phase.cancelled(request), EventKind::Abandoned, Actor::Caller(by), note)
    }
}

impl In<Cancelled> {
    /// Makes a cancellation by processing final. Changes nothing if the shipment was cancelled on request. The note's
    /// detail is the reason.
    pub fn request_cancel(mut self, by: Caller, note: Note) -> Change {
        match &self.phase.by {
            CancelledBy::Caller(_) => Change::none(self),
            CancelledBy::Processing => {
                self.phase.by = CancelledBy::Caller(cancellation(&by, &note));
                Change::with_event(self, EventKind::CancelRequested, Actor::Caller(by), note)
            }
        }
    }
}

impl In<Cancelling> {
    /// Records that the key of a cancelled shipment was taken back or destroyed. The note's detail is the reason.
    pub fn recall(self, by: Caller, note: Note) -> Change {
        let at = note.at;
        self.enter(|phase| phase.confirmed(at), EventKind::CancellationConfirmed, Actor::Caller(by), note)
    }
}

/// Phase in which an operator can request a retry.
pub trait Retryable: Into<Phase> {}

impl Retryable for Accepted {}
impl Retryable for Fulfilled {}
impl Retryable for Registered {}

impl<P: Retryable> In<P> {
    /// Requests a retry, even if the obstacle is final. Releases a shipment to which the person objected.
    pub fn retry(mut self, by: Caller, note: Note) -> Change {
        self.common.person.resume(note.at);
        self.enter(|phase| phase, EventKind::RetryRequested, Actor::Caller(by), note)
    }
}

impl In<Cancelled> {
    /// Requests a retry: the shipment returns to the phase before its cancellation. Returns `None` if it was cancelled
    /// on request, which is final.
    pub fn retry(self, by: Caller, note: Note) -> Option<Change> {
        match self.phase.by {
            CancelledBy::Caller(_) => None,
            CancelledBy::Processing => {
                Some(self.enter(|phase| *phase.before, EventKind::RetryRequested, Actor::Caller(by), note))
            }
        }
    }
}

impl In<Unconfirmed> {
    /// Links the unconfirmed order to this shipment of the delivery service.
    pub fn adopt(self, id: DeliveryId, by: Caller, note: Note) -> Change {
        let at = note.at;
        self.enter(|phase| phase.adopted(id, at), EventKind::Adopted, Actor::Caller(by), note)
    }
}

impl Shipment {
    /// Records that the PIN was sent again. Completes a shipment whose PIN had not been delivered before, and closes a
    /// link to the PIN.
    pub fn pin_resent(mut self, by: Caller, note: Note) -> Change {
        let (at, actor) = (note.at, Actor::Caller(by));
        self.common.close_pin_link(at);
        match self.phased() {
            Phased::Registered(it) => it.enter(|phase| phase.complete(at), EventKind::PinResent, actor, note),
            other => Change::with_event(other, EventKind::PinResent, actor, note),
        }
    }

    /// Records that a link to the PIN is about to be sent. It replaces the previous one.
    pub fn pin_offered(mut self, link: PinLink, by: Caller, note: Note) -> Change {
        self.common.pin_link = Some(link);
        Change::with_event(self, EventKind::PinOffered, Actor::Caller(by), note)
    }

    /// Records that `by` is about to see the PIN through `link`, which is closed. Completes a shipment whose PIN had
    /// not been delivered before.
    pub fn pin_seen(mut self, link: PinLink, by: Caller, note: Note) -> Change {
        let at = note.at;
        self.common.pin_link = Some(PinLink { seen_at: Some(at), ..link });
        self.released_once(by, note, Note::new(at, "the addressee has seen the PIN"))
    }

    /// Records that `by` is about to get the PIN on paper. Completes a shipment whose PIN had not been delivered
    /// before, and closes a link to the PIN.
    pub fn pin_printed(mut self, by: Caller, note: Note) -> Change {
        let at = note.at;
        self.common.close_pin_link(at);
        self.released_once(by, note, Note::new(at, "the PIN was printed"))
    }

    fn released_once(self, by: Caller, note: Note, complete: Note) -> Change {
        let seen = Change::with_event(self, EventKind::PinSeen, Actor::Caller(by), note);
        seen.then(|shipment| match shipment.phased() {
            Phased::Registered(it) => it.complete(complete),
            other => Change::none(other),
        })
    }

    /// Records that the method of a registered credential was deleted at the identity provider. The note's detail is
    /// the reason. Changes nothing if that is recorded.
    ///
    /// If no registered credential is left, a shipment whose PIN was not delivered is cancelled: its PIN would open
    /// nothing.
    pub fn revoked(mut self, method_id: &str, by: Caller, note: Note) -> Change {
        if self.revoked_at(method_id).is_some() {
            return Change::none(self);
        }
        let (at, request) = (note.at, cancellation(&by, &note));
        self.common.revoked.push(Revocation { method_id: method_id.to_owned(), at });
        let is_useless = self.key_revoked_at().is_some();
        match self.phased() {
            Phased::Registered(it) if is_useless => {
                it.enter(|phase| phase.cancelled(request), EventKind::Revoked, Actor::Caller(by), note)
            }
            other => Change::with_event(other, EventKind::Revoked, Actor::Caller(by), note),
        }
    }

    /// Records that the PIN is about to be released against a rule. The note's detail contains the reason.
    pub fn pin_released(self, by: Caller, note: Note) -> Change {
        Change::with_event(self, EventKind::PinReleased, Actor::Caller(by), note)
    }

    /// Records that a limit refused a request of `by`. Changes nothing within `quiet` after the last such event.
    ///
    /// A time in the future counts as long ago: it was recorded with a wrong clock.
    pub fn limit_reached(mut self, by: Caller, note: Note, quiet: std::time::Duration) -> Change {
        let since = self.common.limit_reached.and_then(|last| (note.at - last).to_std().ok());
        if since.is_some_and(|since| since < quiet) {
            return Change::none(self);
        }
        self.common.limit_reached = Some(note.at);
        Change::with_event(self, EventKind::LimitReached, Actor::Caller(by), note)
    }
}
