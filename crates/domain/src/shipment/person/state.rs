//! What a shipment's record has about its person.

use super::{AddressRequest, Objection, PersonMail};
use crate::shipment::aggregate::{Common, Shipment};
use crate::{Phase, Timestamp, WithdrawalCause, WithdrawalStep};

impl Common {
    /// Returns the objection of the person, if an operator has not released the shipment since. The shipment is then on
    /// hold: nothing is ordered or registered, and no PIN is released.
    pub fn objection(&self) -> Option<Objection> {
        self.person.objection.filter(|objection| objection.released_at.is_none())
    }

    /// Returns the request for the address that the person gives, if the order was accepted without one.
    pub fn address_request(&self) -> Option<AddressRequest> {
        self.person.address
    }

    /// Returns whether this mail to the person is still to be sent.
    pub fn awaits_mail(&self, mail: PersonMail) -> bool {
        self.person.mails.contains(&mail)
    }

    /// Returns the number of failed attempts to send the next mail to the person.
    pub fn mail_attempts(&self) -> u32 {
        self.person.attempts
    }
}

impl Shipment {
    /// Returns whether the order cannot be sent because the person has not given the address yet.
    pub fn awaits_address(&self) -> bool {
        matches!(self.phase, Phase::Queued(_)) && self.person.address_due().is_some()
    }

    /// Returns the request for the address, and the time at which something is due for it: a mail, or the deadline.
    /// `None` while an operator must act.
    pub fn address_due(&self) -> Option<(AddressRequest, Timestamp)> {
        let is_blocked = self.objection().is_some() || self.obstacle().is_some();
        let request = self.address_request().filter(|_| self.awaits_address() && !is_blocked)?;
        Some((request, self.person.address_due()?))
    }

    /// Returns the time from which a queued order may be sent. `None` if it is not queued, or must wait for an operator
    /// or for its address.
    pub fn may_be_sent_from(&self) -> Option<Timestamp> {
        match (&self.phase, &self.common.obstacle) {
            (Phase::Queued(_), _) if self.objection().is_some() || self.awaits_address() => None,
            (Phase::Queued(_), Some(obstacle)) => obstacle.next_attempt,
            (Phase::Queued(queued), None) => Some(queued.from),
            _ => None,
        }
    }

    /// Returns the next mail to the person, and the time from which it may be sent.
    pub fn due_mail(&self) -> Option<(PersonMail, Timestamp)> {
        let is_lost = match self.withdrawal() {
            Some(withdrawal) if withdrawal.cause == WithdrawalCause::Lost => true,
            // News of a key whose use has ended would be wrong.
            Some(_) => return None,
            None if self.objection().is_some() => return None,
            None => false,
        };
        let mail =
            self.person.mails.iter().copied().find(|mail| mail.is_about_loss() == is_lost && self.is_due(*mail))?;
        Some((mail, self.person.next_mail.unwrap_or(self.created_at)))
    }

    /// Returns the next mail about the loss of the key, if one is due, now or later.
    pub fn owed_word_of_loss(&self) -> Option<PersonMail> {
        self.due_mail().map(|(mail, _)| mail).filter(|mail| mail.is_about_loss())
    }

    fn is_due(&self, mail: PersonMail) -> bool {
        let phase = &self.phase;
        let is_open = matches!(phase, Phase::Fulfilled(_) | Phase::Registered(_) | Phase::Complete(_));
        match mail {
            // An order that is sent at once is a matter of seconds, and may be refused.
            PersonMail::Ordered if matches!(phase, Phase::Queued(_)) => {
                self.info.not_before.is_some() && !self.awaits_address()
            }
            PersonMail::Ordered => matches!(phase, Phase::Accepted(_)) || (is_open && phase.accepted().is_some()),
            PersonMail::Shipped => is_open && phase.fulfilled().is_some(),
            PersonMail::Registered => is_open && phase.registered().is_some() && self.key_revoked_at().is_none(),
            // Until then, whoever has the key may be able to use it.
            PersonMail::Lost | PersonMail::LostToManager | PersonMail::AccessPass => {
                !self.lacks(WithdrawalStep::RemovePasskey) && !self.lacks(WithdrawalStep::CancelOrder)
            }
        }
    }
}
