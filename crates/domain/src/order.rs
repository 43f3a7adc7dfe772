//! What a caller orders.

use serde::{Deserialize, Serialize};

use crate::{EmailAddress, PinLength, Product, UserRef};

/// A checked order of one key for one person.
///
/// The recipient and the address are needed until the order is sent and are not kept in the shipment's record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// Whom the key is for.
    pub user: UserRef,
    /// Length of the generated PIN.
    pub pin_length: PinLength,
    /// Who is to receive the PIN instead of the manager; empty when the order names nobody.
    pub enrollment_contacts: Vec<EmailAddress>,
    /// Base58 organisation id of a reseller, when the inventory was bought through one.
    pub reseller_organization_id: Option<String>,
    /// 1 normal, 2 expedited.
    pub delivery_type: i64,
    /// Whether the delivery service takes the address as it is.
    pub address_validation_bypass: bool,
    /// Who receives the parcel.
    pub recipient: Recipient,
    /// Where to.
    pub mailing_address: MailingAddress,
    /// Which key.
    pub product: Product,
}

/// Who receives the parcel. Field names are those of the delivery service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names are the delivery service's own and say it")]
pub struct Recipient {
    pub recipient_company: String,
    pub recipient_email: String,
    pub recipient_firstname: String,
    pub recipient_lastname: String,
    pub recipient_telephone: String,
}

/// Where the parcel goes. Field names are those of the delivery service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names are the delivery service's own and say it")]
pub struct MailingAddress {
    pub street_line1: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub street_line2: Option<String>,
    pub city: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    pub postal_code: String,
    /// ISO 3166-1 alpha-2, upper case.
    pub country_code_2: String,
}
