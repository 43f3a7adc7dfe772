//! The person's side of a shipment: mails to the person, an objection, and an address that the person gives.

use serde::{Deserialize, Serialize};

use super::aggregate::{Common, Shipment};
use crate::{Phase, Timestamp};

/// Mail to the person whom a key is for. None contains a PIN.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PersonMail {
    /// A key was ordered for the person.
    Ordered,
    /// The key was shipped.
    Shipped,
    /// The key is registered.
    Registered,
}

impl PersonMail {
    /// All mails, in the order in which they are sent.
    pub const ALL: [Self; 3] = [Self::Ordered, Self::Shipped, Self::Registered];

    /// Returns the name used in records, settings and message ids.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ordered => "ordered",
            Self::Shipped => "shipped",
            Self::Registered => "registered",
        }
    }
}

/// The person's side of a shipment, as its record has it. Links and the person's mail address are in a secret.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonSide {
    /// Mails that are still to be sent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) mails: Vec<PersonMail>,
    /// Failed attempts to send the next mail.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(super) attempts: u32,
    /// Time from which the next mail may be tried again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) next_mail: Option<Timestamp>,
    /// Newest objection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) objection: Option<Objection>,
    /// Set if the order was accepted without an address, which the person gives.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) address: Option<AddressRequest>,
}

/// Objection of the person. Its text is in the event only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Objection {
    /// Time of the objection.
    pub at: Timestamp,
    /// Time at which an operator released the shipment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub released_at: Option<Timestamp>,
}

/// Address that the person gives. The address itself is in the sealed order only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AddressRequest {
    /// Time from which the shipment waits.
    pub from: Timestamp,
    /// Time until which the person can give the address.
    pub until: Timestamp,
    /// Number of mails that were sent to the person: the request, then reminders.
    #[serde(default)]
    pub mails: u32,
    /// Failed attempts to send the next mail.
    #[serde(default)]
    pub attempts: u32,
    /// Time of the next mail. `None` if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_mail: Option<Timestamp>,
    /// Time at which the address was given, by the person or by an operator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given_at: Option<Timestamp>,
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl PersonSide {
    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Returns the time of the next mail or of the deadline, while the address is missing.
    pub(super) fn address_due(&self) -> Option<Timestamp> {
        let request = self.address.filter(|request| request.given_at.is_none())?;
        Some(request.next_mail.map_or(request.until, |mail| mail.min(request.until)))
    }

    /// Ends the objection, and begins a new deadline for the address. An operator wants the shipment to continue.
    pub(super) fn resume(&mut self, at: Timestamp) {
        if let Some(objection) = self.objection.as_mut().filter(|objection| objection.released_at.is_none()) {
            objection.released_at = Some(at);
        }
        if let Some(request) = self.address.as_mut().filter(|request| request.given_at.is_none()) {
            let (mails, until) = (0, at + (request.until - request.from));
            *request = AddressRequest { from: at, until, mails, attempts: 0, next_mail: Some(at), given_at: None };
        }
    }
}

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
        // News of a key whose use has ended would be wrong.
        if self.objection().is_some() || self.withdrawal().is_some() {
            return None;
        }
        let mail = self.person.mails.iter().copied().find(|mail| self.is_due(*mail))?;
        Some((mail, self.person.next_mail.unwrap_or(self.created_at)))
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
        }
    }
}

#[cfg(test)]
mod tests;
