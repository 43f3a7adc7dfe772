//! Orders of keys.

mod address_by;
mod draft;

use serde::{Deserialize, Serialize};

pub use self::address_by::AddressBy;
pub use self::draft::{AddressDraft, FilledOrder, OrderDraft, Profile, RecipientDraft};
use crate::{EmailAddress, PinLength, Product, UserRef};

/// Validated order of one key for one user. Its data of the recipient is complete, unless it is an [`OrderDraft`].
///
/// The postal address is used only to send the order. Until then, a queued order is stored sealed. Of the recipient,
/// the shipment's record contains only the mail address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order<R = Recipient, A = MailingAddress> {
    /// User for whom the key is ordered.
    pub user: UserRef,
    /// Length of the generated PIN.
    pub pin_length: PinLength,
    /// Addressees of the PIN, in place of the user's manager. Empty if the order has no contacts.
    pub enrollment_contacts: Vec<EmailAddress>,
    /// Organisation id of a reseller, base58. Set if the inventory was bought through a reseller.
    pub reseller_organization_id: Option<String>,
    /// 1 for normal, 2 for expedited delivery.
    pub delivery_type: i64,
    /// Whether the delivery service accepts the address without validation.
    pub address_validation_bypass: bool,
    /// Recipient of the parcel.
    pub recipient: R,
    /// Postal address of the recipient.
    pub mailing_address: A,
    /// Product ordered.
    pub product: Product,
}

/// Recipient of a parcel. Field names are those of the delivery service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "field names of the delivery service")]
pub struct Recipient {
    pub recipient_company: String,
    pub recipient_email: String,
    pub recipient_firstname: String,
    pub recipient_lastname: String,
    pub recipient_telephone: String,
}

/// Postal address of a parcel. Field names are those of the delivery service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "field names of the delivery service")]
pub struct MailingAddress {
    pub street_line1: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub street_line2: Option<String>,
    pub city: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    pub postal_code: String,
    /// ISO 3166-1 alpha-2 code, upper case.
    pub country_code_2: String,
}
