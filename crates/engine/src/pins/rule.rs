//! Rules that determine the addressee of a PIN, and how the PIN reaches it.

use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Serialize};

/// Rule that determines the addressee of a PIN.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AddresseeRule {
    /// `enrollment_contacts` of the order.
    Contacts,
    /// Manager of the user in the directory.
    Manager,
    /// Address of the recipient in the order. The same person then receives key and PIN, so this must be enabled
    /// explicitly.
    Recipient,
}

/// How a PIN reaches its addressee.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PinRelease {
    /// In the mail.
    Mail,
    /// On a page, to which the mail contains a link.
    Page,
}

/// When the page shows a PIN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShownAfter {
    /// After the addressee confirms that the key has arrived.
    Confirmation,
    /// After the delivery service reports that the parcel was delivered.
    Delivery,
    /// After the addressee signed in.
    SignIn,
}

/// Address of a page that a mail links to, known once the service listens. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct PageAddress(Arc<OnceLock<String>>);

impl PageAddress {
    /// Sets the address, to which a token is appended. The first call counts.
    pub fn set(&self, address: String) {
        drop(self.0.set(address));
    }

    /// Returns the address with a token. `None` if it is not known.
    pub(crate) fn with(&self, token: &str) -> Option<String> {
        self.0.get().map(|address| format!("{address}{token}"))
    }
}
