//! Addressee of a PIN.

use keyferry_domain::{Common, EmailAddress, ObjectId, UserRef};
use serde::{Deserialize, Serialize};

/// Addresses in an order to which its PIN may go.
#[derive(Clone, Copy)]
pub(crate) struct OrderAddresses<'a> {
    /// Contacts of the order.
    pub(crate) contacts: &'a [EmailAddress],
    /// Address of the recipient, if it is valid.
    pub(crate) recipient: Option<&'a EmailAddress>,
}

impl<'a> From<&'a Common> for OrderAddresses<'a> {
    fn from(shipment: &'a Common) -> Self {
        Self { contacts: shipment.enrollment_contacts(), recipient: shipment.recipient_email() }
    }
}

/// Addressee of a PIN. The one at the time of the registration is fixed in the shipment's secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Addressee {
    /// Contacts of the order.
    Contacts,
    /// Manager of the user.
    Manager {
        /// Object id. `None` if the directory did not return it.
        id: Option<ObjectId>,
        /// Mail address.
        mail: EmailAddress,
    },
    /// Recipient of the parcel.
    Recipient,
    /// Unknown to Keyferry: the identity provider, or the other side of the delivery, determines it.
    Elsewhere,
}

impl Addressee {
    /// Returns whether a PIN that was fixed for `fixed` may go to this one. The mail address of a manager may be
    /// corrected. Nothing can be compared with an unknown addressee.
    pub(super) fn is_same(&self, fixed: &Self) -> bool {
        match (self, fixed) {
            (_, Self::Elsewhere) => true,
            (Self::Manager { id: Some(one), .. }, Self::Manager { id: Some(other), .. }) => one == other,
            (Self::Manager { mail: one, .. }, Self::Manager { mail: other, .. }) => {
                UserRef::same_name(one.as_str(), other.as_str())
            }
            _ => self == fixed,
        }
    }

    /// Returns the mail addresses.
    pub(super) fn addresses<'a>(&self, order: impl Into<OrderAddresses<'a>>) -> Vec<EmailAddress> {
        let order = order.into();
        match self {
            Self::Contacts => order.contacts.to_vec(),
            Self::Manager { mail, .. } => vec![mail.clone()],
            Self::Recipient => order.recipient.cloned().into_iter().collect(),
            Self::Elsewhere => Vec::new(),
        }
    }

    /// Returns the addressee for the history.
    pub(super) fn described(&self, shipment: &Common) -> String {
        let kind = match self {
            Self::Contacts => "the order's contacts",
            Self::Manager { .. } => "the manager",
            Self::Recipient => "the recipient",
            Self::Elsewhere => return "the other side, which determines the addressee".to_owned(),
        };
        let addresses = self.addresses(shipment);
        format!("{kind} {}", addresses.iter().map(EmailAddress::as_str).collect::<Vec<_>>().join(", "))
    }
}
