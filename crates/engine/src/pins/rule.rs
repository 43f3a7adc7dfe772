//! The ways to find the addressee of a PIN.

use serde::{Deserialize, Serialize};

/// One way to find an addressee.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AddresseeRule {
    /// The order's `enrollment_contacts`.
    Contacts,
    /// The user's manager, as the directory knows them.
    Manager,
    /// The address the order gave for the recipient. For administrators who accept that key and PIN go to one person.
    Recipient,
}
