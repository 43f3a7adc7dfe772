//! Request body of `POST /fpr/shipments`.

use serde::Deserialize;

/// Order of one pre-registered key. Every member is optional here, so that the error can name the missing one.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Order {
    pub(crate) reseller_organization_id: Option<String>,
    pub(crate) delivery_type: Option<u64>,
    pub(crate) address_validation_bypass: bool,
    pub(crate) recipient: Recipient,
    pub(crate) mailing_address: Address,
    pub(crate) shipment_items: Vec<Item>,
}

/// Recipient of the parcel.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Recipient {
    pub(crate) recipient_company: Option<String>,
    pub(crate) recipient_email: Option<String>,
    pub(crate) recipient_firstname: Option<String>,
    pub(crate) recipient_lastname: Option<String>,
    pub(crate) recipient_telephone: Option<String>,
}

/// Address of the recipient.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Address {
    pub(crate) street_line1: Option<String>,
    pub(crate) street_line2: Option<String>,
    pub(crate) city: Option<String>,
    pub(crate) region: Option<String>,
    pub(crate) postal_code: Option<String>,
    pub(crate) country_code_2: Option<String>,
}

/// Item in the parcel.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Item {
    pub(crate) product_id: Option<u64>,
    pub(crate) inventory_product_id: Option<u64>,
    pub(crate) product_quantity: Option<u64>,
    pub(crate) customization_id: Option<String>,
    pub(crate) product_customizations: Vec<Sealed>,
}

/// Sealed requests for one key, JWE in compact serialization. Only the factory can decrypt them.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Sealed {
    pub(crate) fido_pin_request: Option<String>,
    pub(crate) fido_credential_requests: Vec<String>,
}
