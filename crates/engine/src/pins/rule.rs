//! Rules that determine the addressee of a PIN.

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
