//! Validation of the request. Only the first error is reported, with the path of the invalid member.

use keyferry_domain::text::{is_blank, is_deceptive, is_invisible};
use keyferry_domain::{EmailAddress, MailingAddress, Member, Order, PinLength, Product, Recipient, UserRef};

use super::request::{AddressRequest, CreateShipment, EnrollmentContacts, Item, PinRequest, RecipientRequest};
use crate::kit::body::Integer;
use crate::kit::problem::Problem;

/// Longest user name, in characters. In UTF-8 it never exceeds the 1,024 bytes of [`UserRef`].
const LONGEST_USER: usize = 256;

/// Largest integer that all JSON implementations read exactly (RFC 8259 section 6).
const LARGEST_ID: i64 = (1 << 53) - 1;

/// Most contacts in an order.
const MOST_CONTACTS: usize = 10;

/// Path of the request's member with the order for the delivery service.
pub(super) const PARCEL: &str = "yubico_shipment_request";

/// Returns the path of a member in the request.
pub(crate) fn path(member: Member) -> String {
    match member {
        Member::User => "user_id".to_owned(),
        Member::PinLength => "pin_request.length".to_owned(),
        Member::Contacts => "enrollment_contacts.emails_to".to_owned(),
        Member::Parcel(path) => format!("{PARCEL}.{path}"),
    }
}

impl CreateShipment {
    /// Validates the request and returns the order. The limits of the delivery service are checked separately, by the
    /// engine.
    ///
    /// # Errors
    /// 400 with the first invalid member.
    pub(crate) fn into_order(self) -> Result<Order, Problem> {
        refuse("user_id", &self.user_id, is_invisible)?;
        let fits = self.user_id.chars().count() <= LONGEST_USER;
        let user = fits.then(|| UserRef::parse(&self.user_id)).flatten().ok_or_else(|| {
            let message = format!(
                "`user_id`: expected a directory object id or user principal name of at most {LONGEST_USER} characters"
            );
            Problem::field("user_id", message)
        })?;
        let pin_length = pin_length(&self.pin_request)?;
        let enrollment_contacts = contacts(self.enrollment_contacts)?;
        let parcel = self.yubico_shipment_request;
        let reseller_field = format!("{PARCEL}.reseller_organization_id");
        let reseller = optional(&reseller_field, parcel.reseller_organization_id)?;
        refuse(&reseller_field, reseller.as_deref().unwrap_or_default(), is_invisible)?;
        let delivery_type = parcel.delivery_type.map_or(1, |Integer(number)| number);
        if !(1..=2).contains(&delivery_type) {
            let field = format!("{PARCEL}.delivery_type");
            let message = format!("`{field}`: expected 1 (normal) or 2 (expedited), but got {delivery_type}");
            return Err(Problem::field(&field, message));
        }
        Ok(Order {
            user,
            pin_length,
            enrollment_contacts,
            reseller_organization_id: reseller,
            delivery_type,
            address_validation_bypass: parcel.address_validation_bypass.unwrap_or(false),
            recipient: recipient(parcel.recipient)?,
            mailing_address: address(parcel.mailing_address)?,
            product: product(parcel.shipment_items)?,
        })
    }
}

fn pin_length(request: &PinRequest) -> Result<PinLength, Problem> {
    if request.kind != "generate" {
        let message = format!("`pin_request.type`: expected \"generate\", but got {}", shown(&request.kind));
        return Err(Problem::field("pin_request.type", message));
    }
    // The guide prescribes this message, and no `field`.
    PinLength::try_from(request.length.0).map_err(|error| Problem::validation(error.to_string()))
}

fn contacts(contacts: Option<EnrollmentContacts>) -> Result<Vec<EmailAddress>, Problem> {
    const FIELD: &str = "enrollment_contacts.emails_to";
    let addresses = contacts.and_then(|contacts| contacts.emails_to).unwrap_or_default();
    if addresses.len() > MOST_CONTACTS {
        let message = format!("`{FIELD}`: expected at most {MOST_CONTACTS} addresses, but got {}", addresses.len());
        return Err(Problem::field(FIELD, message));
    }
    let parse = |(index, text): (usize, &String)| mail(&format!("{FIELD}[{index}]"), text);
    addresses.iter().enumerate().map(parse).collect()
}

fn recipient(request: RecipientRequest) -> Result<Recipient, Problem> {
    let at = |member: &str| format!("{PARCEL}.recipient.{member}");
    let email = required(&at("recipient_email"), request.recipient_email)?;
    mail(&at("recipient_email"), &email)?;
    Ok(Recipient {
        recipient_company: required(&at("recipient_company"), request.recipient_company)?,
        recipient_email: email,
        recipient_firstname: required(&at("recipient_firstname"), request.recipient_firstname)?,
        recipient_lastname: required(&at("recipient_lastname"), request.recipient_lastname)?,
        recipient_telephone: required(&at("recipient_telephone"), request.recipient_telephone)?,
    })
}

fn address(request: AddressRequest) -> Result<MailingAddress, Problem> {
    let at = |member: &str| format!("{PARCEL}.mailing_address.{member}");
    let country = required(&at("country_code_2"), request.country_code_2)?.to_ascii_uppercase();
    if country.len() != 2 || !country.bytes().all(|byte| byte.is_ascii_uppercase()) {
        let field = at("country_code_2");
        let message = format!("`{field}`: expected two letters (example: US), but got {}", shown(&country));
        return Err(Problem::field(&field, message));
    }
    Ok(MailingAddress {
        street_line1: required(&at("street_line1"), request.street_line1)?,
        street_line2: optional(&at("street_line2"), request.street_line2)?,
        city: required(&at("city"), request.city)?,
        region: optional(&at("region"), request.region)?,
        postal_code: required(&at("postal_code"), request.postal_code)?,
        country_code_2: country,
    })
}

fn product(items: Vec<Item>) -> Result<Product, Problem> {
    let items_field = format!("{PARCEL}.shipment_items");
    let count = items.len();
    let mut items = items.into_iter();
    let (Some(item), None) = (items.next(), items.next()) else {
        let message = match count {
            0 => format!("`{items_field}`: expected one item, but got none"),
            _ => format!("`{items_field}`: expected one item, since an order is for one key, but got {count}"),
        };
        return Err(Problem::field(&items_field, message));
    };
    let at = |member: &str| format!("{items_field}[0].{member}");
    if item.product_quantity.0 != 1 {
        let field = at("product_quantity");
        let quantity = item.product_quantity.0;
        let message = format!("`{field}`: expected 1, since an order is for one key, but got {quantity}");
        return Err(Problem::field(&field, message));
    }
    let customization_id = required(&at("customization_id"), item.customization_id)?;
    refuse(&at("customization_id"), &customization_id, is_invisible)?;
    Ok(Product {
        product_id: id(&at("product_id"), item.product_id)?,
        inventory_product_id: id(&at("inventory_product_id"), item.inventory_product_id)?,
        customization_id,
    })
}

fn id(field: &str, Integer(number): Integer) -> Result<i64, Problem> {
    if !(0..=LARGEST_ID).contains(&number) {
        let message = format!("`{field}`: expected a number from 0 to {LARGEST_ID}, but got {number}");
        return Err(Problem::field(field, message));
    }
    Ok(number)
}

fn mail(field: &str, text: &str) -> Result<EmailAddress, Problem> {
    refuse(field, text, is_invisible)?;
    EmailAddress::parse(text).map_err(|error| Problem::field(field, format!("`{field}`: {error}")))
}

/// Checks a name or a line of an address that must not be empty.
fn required(field: &str, text: String) -> Result<String, Problem> {
    if is_blank(&text) {
        return Err(Problem::field(field, format!("`{field}` must not be empty")));
    }
    printable(field, text)
}

/// Checks an optional name or line of an address. An empty string counts as missing.
fn optional(field: &str, text: Option<String>) -> Result<Option<String>, Problem> {
    let text = text.map(|text| printable(field, text)).transpose()?;
    Ok(text.filter(|text| !is_blank(text)))
}

fn printable(field: &str, text: String) -> Result<String, Problem> {
    if text.chars().any(char::is_control) {
        return Err(Problem::field(field, format!("`{field}` must not contain control characters")));
    }
    refuse(field, &text, is_deceptive)?;
    Ok(text)
}

/// Refuses text with a character that is `forbidden` among invisible ones, and names the first. Control characters have
/// messages of their own.
fn refuse(field: &str, text: &str, forbidden: fn(char) -> bool) -> Result<(), Problem> {
    let Some(hidden) = text.chars().find(|c| forbidden(*c) && !c.is_control()) else {
        return Ok(());
    };
    let code = u32::from(hidden);
    let message = format!(
        "`{field}` must not contain invisible characters, but contains U+{code:04X}. It often comes from copied text: \
         type the value again"
    );
    Err(Problem::field(field, message))
}

/// Quotes the start of a received string, for a message.
fn shown(text: &str) -> String {
    format!("{:?}", text.chars().take(40).collect::<String>())
}
