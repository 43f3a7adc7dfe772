//! The person's side of a shipment: mails to the person, an objection, and an address that the person gives.

mod state;

use serde::{Deserialize, Serialize};

use crate::Timestamp;

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
    /// The key was reported as lost.
    Lost,
    /// The same, to the manager of the person.
    LostToManager,
    /// Link to the temporary access pass, to its addressee.
    AccessPass,
}

impl PersonMail {
    /// All mails, in the order in which they are sent.
    pub const ALL: [Self; 6] =
        [Self::Ordered, Self::Shipped, Self::Registered, Self::Lost, Self::LostToManager, Self::AccessPass];

    /// The mails that the setting for mails names. [`Lost`](Self::Lost) includes the mail to the manager.
    pub const SETTABLE: [Self; 4] = [Self::Ordered, Self::Shipped, Self::Registered, Self::Lost];

    /// Returns the mail whose setting decides about this one.
    pub fn setting(self) -> Self {
        match self {
            Self::LostToManager => Self::Lost,
            other => other,
        }
    }

    /// Returns whether the mail is about the loss of the key. Such a mail is planned by the report, others by the
    /// order.
    pub fn is_about_loss(self) -> bool {
        matches!(self, Self::Lost | Self::LostToManager | Self::AccessPass)
    }

    /// Returns the name used in records, settings and message ids.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ordered => "ordered",
            Self::Shipped => "shipped",
            Self::Registered => "registered",
            Self::Lost => "lost",
            Self::LostToManager => "lost_to_manager",
            Self::AccessPass => "access_pass",
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

#[cfg(test)]
mod tests;
