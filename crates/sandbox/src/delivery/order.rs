//! `POST /fpr/shipments`: what an order says, before it is judged.

use serde::Deserialize;

/// An order of one pre-registered key. Everything may be missing, so that what is missing can be named.
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

/// Who opens the parcel.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Recipient {
    pub(crate) recipient_company: Option<String>,
    pub(crate) recipient_email: Option<String>,
    pub(crate) recipient_firstname: Option<String>,
    pub(crate) recipient_lastname: Option<String>,
    pub(crate) recipient_telephone: Option<String>,
}

/// Where the parcel goes.
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

/// What is in the parcel.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Item {
    pub(crate) product_id: Option<u64>,
    pub(crate) inventory_product_id: Option<u64>,
    pub(crate) product_quantity: Option<u64>,
    pub(crate) customization_id: Option<String>,
    pub(crate) product_customizations: Vec<Sealed>,
}

/// The two kinds of envelope for one key, JWE in compact serialisation; unreadable to the delivery service.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Sealed {
    pub(crate) fido_pin_request: Option<String>,
    pub(crate) fido_credential_requests: Vec<String>,
}
