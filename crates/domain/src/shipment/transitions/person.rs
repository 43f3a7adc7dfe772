//! Transitions of the person's side: mails, an objection, and an address that the person gives.

use crate::shipment::aggregate::{In, Shipment};
use crate::shipment::change::Change;
use crate::shipment::obstacle::NewObstacle;
use crate::shipment::person::{AddressRequest, Objection, PersonMail};
use crate::{Actor, Caller, EventKind, Note, Phase, Queued, Timestamp, WithdrawalCause};

impl Shipment {
    /// Plans mails to the person. For a shipment that is being created. Mails about a loss are not planned: they belong
    /// to the report.
    pub fn with_person_mails(mut self, mails: &[PersonMail]) -> Change {
        let is_planned = |mail: &PersonMail| mails.contains(mail) && !mail.is_about_loss();
        let planned: Vec<_> = PersonMail::ALL.into_iter().filter(is_planned).collect();
        if planned.is_empty() {
            return Change::none(self);
        }
        self.common.person.mails = planned;
        Change::without_event(self)
    }

    /// Plans the mails about the loss of the key, to the person and to the manager. They are due when nothing of the
    /// key can be used any more. In the commit of the report, so that no crash separates them. Changes nothing if the
    /// key was not reported as lost.
    pub fn with_mails_about_loss(mut self) -> Change {
        if self.withdrawal().is_none_or(|withdrawal| withdrawal.cause != WithdrawalCause::Lost) {
            return Change::none(self);
        }
        let person = &mut self.common.person;
        // Mails of before are not due any more.
        person.mails = vec![PersonMail::Lost, PersonMail::LostToManager];
        (person.attempts, person.next_mail) = (0, None);
        Change::without_event(self)
    }

    /// Records that the mail system accepted a mail to the person.
    pub fn person_mailed(self, mail: PersonMail, note: Note) -> Change {
        Change::with_event(self.without_mail(mail), EventKind::PersonMailed, Actor::Processing, note)
    }

    /// Records that a mail to the person is not sent. The note's detail is the reason.
    pub fn person_not_mailed(self, mail: PersonMail, note: Note) -> Change {
        Change::with_event(self.without_mail(mail), EventKind::PersonNotMailed, Actor::Processing, note)
    }

    /// Removes a mail that the settings do not ask for any more.
    pub fn drop_person_mail(self, mail: PersonMail) -> Change {
        Change::without_event(self.without_mail(mail))
    }

    /// Records a failed attempt to send the next mail to the person. It is tried again from `next` on.
    ///
    /// The other mails about a loss do not wait for a mailbox that fails: they are next, and due at once.
    pub fn person_mail_failed(mut self, next: Timestamp) -> Change {
        let person = &mut self.common.person;
        let has_later = |mail: &PersonMail| person.mails.get(1).is_some_and(|next| next > mail);
        if person.mails.first().is_some_and(|mail| mail.is_about_loss() && has_later(mail)) {
            person.mails.rotate_left(1);
            (person.attempts, person.next_mail) = (0, None);
            return Change::without_event(self);
        }
        person.attempts = person.attempts.saturating_add(1);
        person.next_mail = Some(next);
        Change::without_event(self)
    }

    fn without_mail(mut self, mail: PersonMail) -> Self {
        let person = &mut self.common.person;
        person.mails.retain(|other| *other != mail);
        (person.attempts, person.next_mail) = (0, None);
        self
    }

    /// Records the objection of the person, and puts the shipment on hold. Changes nothing if it is on hold for an
    /// objection already. Returns `None` if there is nothing left to hold: the order ended, or its PIN was delivered.
    pub fn object(mut self, by: Caller, note: Note, obstacle: NewObstacle) -> Option<Change> {
        match self.phase {
            Phase::Queued(_)
            | Phase::Unconfirmed(_)
            | Phase::Accepted(_)
            | Phase::Fulfilled(_)
            | Phase::Registered(_) => {}
            _ => return None,
        }
        if self.objection().is_some() {
            return Some(Change::none(self));
        }
        self.common.person.objection = Some(Objection { at: note.at, released_at: None });
        let objected = Change::with_event(self, EventKind::Objected, Actor::Caller(by), note);
        Some(objected.then(|shipment| shipment.meet(obstacle)))
    }

    /// Has a queued order wait for the address, which the person gives until this time. For a shipment that is being
    /// created. The first mail is due at once.
    pub fn await_address(mut self, from: Timestamp, until: Timestamp) -> Change {
        let request = AddressRequest { from, until, mails: 0, attempts: 0, next_mail: Some(from), given_at: None };
        self.common.person.address = Some(request);
        Change::without_event(self)
    }

    /// Records that the mail system accepted a mail in which the person is asked for the address. `next` is the time of
    /// the next one.
    pub fn address_requested(self, next: Option<Timestamp>, note: Note) -> Change {
        let asked = self.with_request(|request| AddressRequest {
            mails: request.mails.saturating_add(1),
            attempts: 0,
            next_mail: next,
            ..request
        });
        Change::with_event(asked, EventKind::AddressRequested, Actor::Processing, note)
    }

    /// Records that such a mail is not sent. The note's detail is the reason.
    pub fn address_not_requested(self, next: Option<Timestamp>, note: Note) -> Change {
        let asked = self.with_request(|request| AddressRequest { attempts: 0, next_mail: next, ..request });
        Change::with_event(asked, EventKind::PersonNotMailed, Actor::Processing, note)
    }

    /// Records a failed attempt to send such a mail. It is tried again from `next` on.
    pub fn address_mail_failed(self, next: Timestamp) -> Change {
        Change::without_event(self.with_request(|request| AddressRequest {
            attempts: request.attempts.saturating_add(1),
            next_mail: Some(next),
            ..request
        }))
    }

    fn with_request(mut self, change: impl FnOnce(AddressRequest) -> AddressRequest) -> Self {
        self.common.person.address = self.common.person.address.map(change);
        self
    }
}

impl In<Queued> {
    /// Records that the address was given, to this country, so that the order can be sent. Returns `None` if the order
    /// does not wait for it.
    pub fn give_address(mut self, by: Caller, country: String, note: Note) -> Option<Change> {
        let request = self.common.person.address.as_mut().filter(|request| request.given_at.is_none())?;
        request.given_at = Some(note.at);
        self.common.info.country = Some(country);
        let obstacle = self.common.obstacle.take().filter(|_| self.objection().is_some());
        let given = self.enter(|phase| phase, EventKind::AddressGiven, Actor::Caller(by), note);
        Some(given.with_kept_obstacle(obstacle))
    }
}
