//! Validation of the request. Each error has the path of the invalid member.

use keyferry_domain::text::{is_blank, is_deceptive, is_invisible};
use keyferry_domain::{EmailAddress, MailingAddress, Member, Order, PinLength, Product, Recipient, UserRef};

use super::request::{
    AddressRequest, CreateShipment, EnrollmentContacts, Item, PinRequest, RecipientRequest, ShipmentRequest,
};
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

/// Path of the length of the PIN.
pub(super) const PIN_LENGTH: &str = "pin_request.length";

/// Returns the path of a member in the request.
pub(crate) fn path(member: Member) -> String {
    match member {
        Member::User => "user_id".to_owned(),
        Member::PinLength => PIN_LENGTH.to_owned(),
        Member::Contacts => "enrollment_contacts.emails_to".to_owned(),
        Member::NeededBy => "needed_by".to_owned(),
        Member::Parcel(path) => parcel_path(path),
    }
}

/// Returns the path of a member of the order for the delivery service.
pub(crate) fn parcel_path(path: &str) -> String {
    format!("{PARCEL}.{path}")
}

/// Invalid members of a request.
#[derive(Default)]
pub(super) struct Faults(pub(super) Vec<Problem>);

impl Faults {
    /// Returns the valid value. Keeps the fault of an invalid one.
    pub(super) fn take<T>(&mut self, checked: Result<T, Problem>) -> Option<T> {
        checked.map_err(|fault| self.0.push(fault)).ok()
    }
}

impl CreateShipment {
    /// Validates the request and returns the order. The limits of the delivery service are checked separately, by the
    /// engine.
    ///
    /// # Errors
    /// 400 for each invalid member. There is at least one.
    pub(crate) fn into_order(self) -> Result<Order, Vec<Problem>> {
        valid(|faults| self.checked(faults))
    }

    /// Returns `None` only with a fault.
    fn checked(self, faults: &mut Faults) -> Option<Order> {
        let ShipmentRequest {
            reseller_organization_id,
            delivery_type,
            address_validation_bypass,
            recipient: given,
            mailing_address,
            shipment_items,
        } = self.yubico_shipment_request;
        let parts = OrderParts {
            user_id: self.user_id,
            pin_request: self.pin_request,
            enrollment_contacts: self.enrollment_contacts,
            reseller_organization_id,
            delivery_type,
            address_validation_bypass,
            shipment_items,
        };
        parts.checked(faults, |faults| (recipient(given, faults), address(mailing_address, faults)))
    }
}

/// Returns the valid result.
///
/// # Errors
/// All faults. There is at least one.
pub(super) fn valid<T>(check: impl FnOnce(&mut Faults) -> Option<T>) -> Result<T, Vec<Problem>> {
    let mut faults = Faults::default();
    match check(&mut faults) {
        Some(valid) if faults.0.is_empty() => Ok(valid),
        _ => Err(faults.0),
    }
}

/// Members of an order beside the data of its recipient.
pub(super) struct OrderParts {
    pub(super) user_id: String,
    pub(super) pin_request: PinRequest,
    pub(super) enrollment_contacts: Option<EnrollmentContacts>,
    pub(super) reseller_organization_id: Option<String>,
    pub(super) delivery_type: Option<Integer>,
    pub(super) address_validation_bypass: Option<bool>,
    pub(super) shipment_items: Vec<Item>,
}

impl OrderParts {
    /// Returns the order with recipient and address from `parts`. `None` only with a fault.
    pub(super) fn checked<R, A>(
        self,
        faults: &mut Faults,
        parts: impl FnOnce(&mut Faults) -> (Option<R>, Option<A>),
    ) -> Option<Order<R, A>> {
        let user = faults.take(user(&self.user_id));
        let pin_length = faults.take(pin_length(&self.pin_request));
        let enrollment_contacts = contacts(self.enrollment_contacts, faults);
        let reseller = faults.take(reseller(self.reseller_organization_id));
        let delivery_type = faults.take(delivery_type(self.delivery_type));
        let (recipient, mailing_address) = parts(faults);
        let product = product(self.shipment_items, faults);
        Some(Order {
            user: user?,
            pin_length: pin_length?,
            enrollment_contacts,
            reseller_organization_id: reseller?,
            delivery_type: delivery_type?,
            address_validation_bypass: self.address_validation_bypass.unwrap_or(false),
            recipient: recipient?,
            mailing_address: mailing_address?,
            product: product?,
        })
    }
}

fn user(text: &str) -> Result<UserRef, Problem> {
    refuse("user_id", text, is_invisible)?;
    let fits = text.chars().count() <= LONGEST_USER;
    fits.then(|| UserRef::parse(text)).flatten().ok_or_else(|| {
        let message = format!(
            "`user_id`: expected a directory object id or user principal name of at most {LONGEST_USER} characters"
        );
        Problem::field("user_id", message)
    })
}

fn pin_length(request: &PinRequest) -> Result<PinLength, Problem> {
    if request.kind != "generate" {
        let message = format!("`pin_request.type`: expected \"generate\", but got {}", shown(&request.kind));
        return Err(Problem::field("pin_request.type", message));
    }
    PinLength::try_from(request.length.0).map_err(|error| Problem::field(PIN_LENGTH, error.to_string()))
}

fn contacts(contacts: Option<EnrollmentContacts>, faults: &mut Faults) -> Vec<EmailAddress> {
    const FIELD: &str = "enrollment_contacts.emails_to";
    let addresses = contacts.and_then(|contacts| contacts.emails_to).unwrap_or_default();
    if addresses.len() > MOST_CONTACTS {
        let message = format!("`{FIELD}`: expected at most {MOST_CONTACTS} addresses, but got {}", addresses.len());
        faults.0.push(Problem::field(FIELD, message));
        return Vec::new();
    }
    let parse = |(index, text): (usize, &String)| faults.take(mail(&format!("{FIELD}[{index}]"), text));
    addresses.iter().enumerate().filter_map(parse).collect()
}

fn reseller(id: Option<String>) -> Result<Option<String>, Problem> {
    let field = format!("{PARCEL}.reseller_organization_id");
    let id = optional(&field, id)?;
    refuse(&field, id.as_deref().unwrap_or_default(), is_invisible)?;
    Ok(id)
}

fn delivery_type(number: Option<Integer>) -> Result<i64, Problem> {
    let number = number.map_or(1, |Integer(number)| number);
    if !(1..=2).contains(&number) {
        let field = format!("{PARCEL}.delivery_type");
        let message = format!("`{field}`: expected 1 (normal) or 2 (expedited), but got {number}");
        return Err(Problem::field(&field, message));
    }
    Ok(number)
}

pub(super) fn recipient(request: RecipientRequest, faults: &mut Faults) -> Option<Recipient> {
    let at = |member: &str| format!("{PARCEL}.recipient.{member}");
    let email = required(&at("recipient_email"), request.recipient_email)
        .and_then(|email| mail(&at("recipient_email"), &email).map(|_| email));
    let email = faults.take(email);
    let company = faults.take(required(&at("recipient_company"), request.recipient_company));
    let first = faults.take(required(&at("recipient_firstname"), request.recipient_firstname));
    let last = faults.take(required(&at("recipient_lastname"), request.recipient_lastname));
    let telephone = faults.take(required(&at("recipient_telephone"), request.recipient_telephone));
    Some(Recipient {
        recipient_company: company?,
        recipient_email: email?,
        recipient_firstname: first?,
        recipient_lastname: last?,
        recipient_telephone: telephone?,
    })
}

pub(super) fn address(request: AddressRequest, faults: &mut Faults) -> Option<MailingAddress> {
    let at = |member: &str| format!("{PARCEL}.mailing_address.{member}");
    let country = faults.take(country(&at("country_code_2"), request.country_code_2));
    let line1 = faults.take(required(&at("street_line1"), request.street_line1));
    let line2 = faults.take(optional(&at("street_line2"), request.street_line2));
    let city = faults.take(required(&at("city"), request.city));
    let region = faults.take(optional(&at("region"), request.region));
    let postal_code = faults.take(required(&at("postal_code"), request.postal_code));
    Some(MailingAddress {
        street_line1: line1?,
        street_line2: line2?,
        city: city?,
        region: region?,
        postal_code: postal_code?,
        country_code_2: country?,
    })
}

fn country(field: &str, code: String) -> Result<String, Problem> {
    let country = required(field, code)?.to_ascii_uppercase();
    if country.len() != 2 || !country.bytes().all(|byte| byte.is_ascii_uppercase()) {
        let message = format!("`{field}`: expected two letters (example: US), but got {}", shown(&country));
        return Err(Problem::field(field, message));
    }
    Ok(country)
}

fn product(items: Vec<Item>, faults: &mut Faults) -> Option<Product> {
    let items_field = format!("{PARCEL}.shipment_items");
    let count = items.len();
    let mut items = items.into_iter();
    let (Some(item), None) = (items.next(), items.next()) else {
        let message = match count {
            0 => format!("`{items_field}`: expected one item, but got none"),
            _ => format!("`{items_field}`: expected one item, since an order is for one key, but got {count}"),
        };
        faults.0.push(Problem::field(&items_field, message));
        return None;
    };
    let at = |member: &str| format!("{items_field}[0].{member}");
    if item.product_quantity.0 != 1 {
        let field = at("product_quantity");
        let quantity = item.product_quantity.0;
        let message = format!("`{field}`: expected 1, since an order is for one key, but got {quantity}");
        faults.0.push(Problem::field(&field, message));
    }
    let field = at("customization_id");
    let customization =
        required(&field, item.customization_id).and_then(|id| refuse(&field, &id, is_invisible).map(|()| id));
    let customization = faults.take(customization);
    let product = faults.take(id(&at("product_id"), item.product_id));
    let inventory = faults.take(id(&at("inventory_product_id"), item.inventory_product_id));
    Some(Product { product_id: product?, inventory_product_id: inventory?, customization_id: customization? })
}

fn id(field: &str, Integer(number): Integer) -> Result<i64, Problem> {
    if !(0..=LARGEST_ID).contains(&number) {
        let message = format!("`{field}`: expected a number from 0 to {LARGEST_ID}, but got {number}");
        return Err(Problem::field(field, message));
    }
    Ok(number)
}

/// Checks an optional mail address. An empty string counts as missing.
pub(super) fn optional_mail(field: &str, text: Option<String>) -> Result<Option<String>, Problem> {
    let text = optional(field, text)?;
    text.map(|text| mail(field, &text).map(|_| text)).transpose()
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
pub(super) fn optional(field: &str, text: Option<String>) -> Result<Option<String>, Problem> {
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
