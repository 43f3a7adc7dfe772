//! Addressee of a PIN.

use keyferry_domain::{Common, EmailAddress, ObjectId, UserRef};
use serde::{Deserialize, Serialize};

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
    pub(super) fn addresses(&self, shipment: &Common) -> Vec<EmailAddress> {
        match self {
            Self::Contacts => shipment.enrollment_contacts().to_vec(),
            Self::Manager { mail, .. } => vec![mail.clone()],
            Self::Recipient => shipment.recipient_email().cloned().into_iter().collect(),
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
