//! The limited fields of an order: label, maximum length and allowed characters.

use keyferry_domain::{CheckCode, Order};

use super::country::{is_restricted, regions};

/// Maximum length of names and address lines, in bytes, in countries without the short limits.
const ELSEWHERE: usize = 255;

/// A field of an order and its limits.
pub(super) struct Field {
    /// Name in the delivery service's messages. inferred: all except `Last Name`.
    pub(super) label: &'static str,
    /// Path of the member in the order.
    pub(super) path: &'static str,
    /// Maximum length in bytes.
    limit: usize,
    /// Whether the limit applies in every country.
    everywhere: bool,
    /// Allowed characters.
    pub(super) form: Form,
    /// Returns the field's value in an order.
    pub(super) value: fn(&Order) -> Option<&str>,
}

impl Field {
    /// Returns the limit for an address in `country`, in bytes. `long` states whether the vendor enabled long street
    /// lines for the country.
    pub(super) fn limit_in(&self, country: &str, long: bool) -> usize {
        let is_long_street = long && self.path.starts_with("mailing_address.street_line");
        if !is_long_street && (self.everywhere || is_restricted(country)) { self.limit } else { ELSEWHERE }
    }
}

/// A field whose limit applies only in restricted countries.
const fn short(label: &'static str, path: &'static str, limit: usize, value: fn(&Order) -> Option<&str>) -> Field {
    Field { label, path, limit, everywhere: false, form: Form::Latin, value }
}

/// A field whose limit applies in every country.
const fn fixed(
    label: &'static str,
    path: &'static str,
    limit: usize,
    form: Form,
    value: fn(&Order) -> Option<&str>,
) -> Field {
    Field { label, path, limit, everywhere: true, form, value }
}

/// All limited fields, in the order in which they are checked.
#[rustfmt::skip]
pub(super) const FIELDS: [Field; 11] = [
    short("Company", "recipient.recipient_company", 20, |order| Some(&order.recipient.recipient_company)),
    short("First Name", "recipient.recipient_firstname", 15, |order| Some(&order.recipient.recipient_firstname)),
    short("Last Name", "recipient.recipient_lastname", 20, |order| Some(&order.recipient.recipient_lastname)),
    fixed("Email", "recipient.recipient_email", 80, Form::Any, |order| Some(&order.recipient.recipient_email)),
    fixed("Telephone", "recipient.recipient_telephone", 40, Form::Phone,
        |order| Some(&order.recipient.recipient_telephone)),
    short("Street Line 1", "mailing_address.street_line1", 60, |order| Some(&order.mailing_address.street_line1)),
    short("Street Line 2", "mailing_address.street_line2", 60, |order| order.mailing_address.street_line2.as_deref()),
    short("City", "mailing_address.city", 60, |order| Some(&order.mailing_address.city)),
    fixed("Region", "mailing_address.region", 50, Form::Region, |order| order.mailing_address.region.as_deref()),
    fixed("Postal Code", "mailing_address.postal_code", 50, Form::PostalCode,
        |order| Some(&order.mailing_address.postal_code)),
    fixed("Country Code", "mailing_address.country_code_2", 2, Form::Country,
        |order| Some(&order.mailing_address.country_code_2)),
];

/// Allowed characters of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Any,
    /// Latin letters with or without diacritics (up to U+017F), digits, spaces and `# ' . , - / ( ) &`.
    Latin,
    Phone,
    Region,
    PostalCode,
    Country,
}

/// What is wrong with the characters of a value.
pub(super) struct Fault {
    pub(super) code: CheckCode,
    /// What is expected instead.
    pub(super) expected: &'static str,
}

impl Form {
    /// Checks the value of an address in `country`.
    ///
    /// # Errors
    /// Returns a description of what is expected.
    pub(super) fn check(self, value: &str, country: &str) -> Result<(), Fault> {
        let (good, code, expected) = match self {
            Self::Any => (true, CheckCode::InvalidCharacters, ""),
            Self::Latin => (
                value.chars().all(is_latin),
                CheckCode::InvalidCharacters,
                "expected Latin letters, digits, spaces and # ' . , - / ( ) & only",
            ),
            Self::Phone => (
                value.chars().all(|c| c.is_ascii_digit() || c.is_whitespace() || "-()+.".contains(c)),
                CheckCode::InvalidCharacters,
                "expected digits, spaces and - ( ) + . only",
            ),
            Self::Region => match regions(country) {
                Some(regions) => (
                    regions.contains(&value),
                    CheckCode::UnknownRegion,
                    "expected the code of a state or province in two capital letters such as CA",
                ),
                None => return Self::Latin.check(value, country),
            },
            Self::PostalCode => {
                let (good, expected) = match country {
                    "US" => (fits(value, "00000") || fits(value, "00000-0000"), "expected 12345 or 12345-6789"),
                    "CA" => (fits(value, "A0A0A0") || fits(value, "A0A 0A0"), "expected the form A1A 1A1"),
                    _ => return Self::Latin.check(value, country),
                };
                (good, CheckCode::InvalidPostalCode, expected)
            }
            Self::Country => (
                value.len() == 2 && value.bytes().all(|byte| byte.is_ascii_uppercase()),
                CheckCode::InvalidCountry,
                "expected two letters such as US",
            ),
        };
        if good { Ok(()) } else { Err(Fault { code, expected }) }
    }
}

fn is_latin(c: char) -> bool {
    c.is_ascii_alphanumeric() || " #'.,-/()&".contains(c) || ('\u{c0}'..='\u{17f}').contains(&c)
}

/// Returns whether the text matches the pattern: `0` matches a digit, `A` an uppercase ASCII letter, and any other
/// byte itself.
fn fits(text: &str, pattern: &str) -> bool {
    text.len() == pattern.len()
        && text.bytes().zip(pattern.bytes()).all(|(byte, form)| match form {
            b'0' => byte.is_ascii_digit(),
            b'A' => byte.is_ascii_uppercase(),
            literal => byte == literal,
        })
}
