//! Request body (guide, section 10.2).

use serde::Deserialize;
use utoipa::ToSchema;

use crate::kit::body::{Integer, object, optional_object};
use crate::kit::schemas;

// The patterns describe the checks in `validation`. They are repeated literally, because the attribute does not accept
// constants.

/// Order of one key for one recipient.
#[derive(Deserialize, ToSchema)]
pub(crate) struct CreateShipment {
    /// Recipient of the key: a directory object id or a user principal name.
    #[schema(
        example = "adele@contoso.onmicrosoft.com",
        max_length = 256,
        pattern = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$"
    )]
    pub(super) user_id: String,
    /// PIN of the key.
    #[serde(deserialize_with = "object")]
    pub(super) pin_request: PinRequest,
    /// Addressees of the PIN, where the administrator allows them. Default: the manager.
    #[serde(default, deserialize_with = "optional_object")]
    pub(super) enrollment_contacts: Option<EnrollmentContacts>,
    /// Whether the user may have this order beside an open one. Default: `false`.
    #[serde(default)]
    #[schema(example = false)]
    pub(crate) additional: Option<bool>,
    /// Parcel: recipient, address and product.
    #[serde(deserialize_with = "object")]
    pub(super) yubico_shipment_request: ShipmentRequest,
}

/// PIN of the key.
#[derive(Deserialize, ToSchema)]
pub(crate) struct PinRequest {
    /// `generate`: the key factory generates a random PIN.
    #[serde(rename = "type")]
    #[schema(value_type = schemas::PinType, example = "generate")]
    pub(super) kind: String,
    /// Number of characters of the PIN.
    #[schema(value_type = i64, minimum = 4, maximum = 63, example = 8)]
    pub(super) length: Integer,
}

/// Addressees of the PIN instead of the user's manager. Requires that the connector's settings allow their domains.
#[derive(Deserialize, ToSchema)]
pub(crate) struct EnrollmentContacts {
    /// Mail addresses of the addressees.
    #[serde(default)]
    #[schema(max_items = 10, example = json!(["manager@contoso.onmicrosoft.com"]))]
    pub(super) emails_to: Option<Vec<String>>,
}

/// Parcel. The delivery service defines names and limits of the fields.
#[derive(Deserialize, ToSchema)]
pub(crate) struct ShipmentRequest {
    /// Base58 organization id of the reseller through which the inventory was purchased. Optional; may be empty.
    #[serde(default)]
    #[schema(pattern = r"^[^\x00-\x1f\x7f-\x9f]*$")]
    pub(super) reseller_organization_id: Option<String>,
    /// `1`: normal (default). `2`: expedited.
    #[serde(default)]
    #[schema(value_type = Option<schemas::DeliveryType>)]
    pub(super) delivery_type: Option<Integer>,
    /// If `true`, the delivery service does not validate the address. Default: `false`.
    #[serde(default)]
    #[schema(example = false)]
    pub(super) address_validation_bypass: Option<bool>,
    /// Recipient of the parcel.
    #[serde(deserialize_with = "object")]
    pub(super) recipient: RecipientRequest,
    /// Address of the recipient.
    #[serde(deserialize_with = "object")]
    pub(super) mailing_address: AddressRequest,
    /// Ordered keys. Exactly one item.
    #[schema(min_items = 1, max_items = 1)]
    pub(super) shipment_items: Vec<Item>,
}

/// Recipient of the parcel.
#[derive(Deserialize, ToSchema)]
pub(crate) struct RecipientRequest {
    /// Company.
    #[schema(example = "Contoso", pattern = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$")]
    pub(super) recipient_company: String,
    /// Mail address for notifications. Not a user principal name.
    #[schema(
        example = "adele@contoso.onmicrosoft.com",
        max_length = 254,
        pattern = r#"^[^\s@<>()\[\],;:\\"\x00-\x1f\x7f-\x9f]+@[^\s@<>()\[\],;:\\"\x00-\x1f\x7f-\x9f.]+(\.[^\s@<>()\[\],;:\\"\x00-\x1f\x7f-\x9f.]+)*$"#
    )]
    pub(super) recipient_email: String,
    /// First name.
    #[schema(example = "Adele", pattern = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$")]
    pub(super) recipient_firstname: String,
    /// Last name.
    #[schema(example = "Vance", pattern = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$")]
    pub(super) recipient_lastname: String,
    /// Telephone number.
    #[schema(
        example = "5555555555",
        pattern = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$"
    )]
    pub(super) recipient_telephone: String,
}

/// Address of the parcel.
#[derive(Deserialize, ToSchema)]
pub(crate) struct AddressRequest {
    /// Street and number.
    #[schema(
        example = "1 Main Street",
        pattern = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$"
    )]
    pub(super) street_line1: String,
    /// Apartment or unit.
    #[serde(default)]
    #[schema(pattern = r"^[^\x00-\x1f\x7f-\x9f]*$")]
    pub(super) street_line2: Option<String>,
    /// City.
    #[schema(example = "Seattle", pattern = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$")]
    pub(super) city: String,
    /// State or province, two letters. Required in the United States and Canada.
    #[serde(default)]
    #[schema(example = "WA", pattern = r"^[^\x00-\x1f\x7f-\x9f]*$")]
    pub(super) region: Option<String>,
    /// Postal code.
    #[schema(example = "98101", pattern = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$")]
    pub(super) postal_code: String,
    /// Country code (ISO 3166-1 alpha-2).
    #[schema(example = "US", pattern = "^[A-Za-z]{2}$")]
    pub(super) country_code_2: String,
}

/// Ordered key.
#[derive(Deserialize, ToSchema)]
#[serde(from = "ItemObject")]
pub(crate) struct Item {
    /// Id of the model.
    #[schema(value_type = i64, minimum = 0, maximum = 9007199254740991_i64, example = 1)]
    pub(super) product_id: Integer,
    /// Id of the subscription or stock.
    #[schema(value_type = i64, minimum = 0, maximum = 9007199254740991_i64, example = 18)]
    pub(super) inventory_product_id: Integer,
    /// Number of keys. Must be 1.
    #[schema(value_type = i64, minimum = 1, maximum = 1, example = 1)]
    pub(super) product_quantity: Integer,
    /// Id of the customization.
    #[schema(example = "CUSTID", pattern = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$")]
    pub(super) customization_id: String,
}

/// [`Item`] deserialized with [`object`]. A serde attribute cannot apply it to the elements of an array.
#[derive(Deserialize)]
struct ItemObject(#[serde(deserialize_with = "object")] ItemMembers);

#[derive(Deserialize)]
struct ItemMembers {
    product_id: Integer,
    inventory_product_id: Integer,
    product_quantity: Integer,
    customization_id: String,
}

impl From<ItemObject> for Item {
    fn from(ItemObject(members): ItemObject) -> Self {
        let ItemMembers { product_id, inventory_product_id, product_quantity, customization_id } = members;
        Self { product_id, inventory_product_id, product_quantity, customization_id }
    }
}
