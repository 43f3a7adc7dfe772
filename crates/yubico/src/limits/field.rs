//! The fields of a parcel: how they are called, how long they may be, and what they may be made of.

use keyferry_domain::Order;

use super::country::{is_restricted, needs_region};

/// How long names and address lines may be where no short limits hold.
const ELSEWHERE: usize = 255;

/// One field.
pub(super) struct Field {
    /// As the delivery service calls it in its messages. inferred: all but `Last Name`.
    pub(super) label: &'static str,
    /// At most so many characters.
    limit: usize,
    /// Whether the limit holds in every country.
    everywhere: bool,
    /// What it may be made of.
    pub(super) form: Form,
    /// Its value in an order.
    pub(super) value: fn(&Order) -> Option<&str>,
}

impl Field {
    /// The limit for an address in `country`.
    pub(super) fn limit_in(&self, country: &str) -> usize {
        if self.everywhere || is_restricted(country) { self.limit } else { ELSEWHERE }
    }
}

const fn short(label: &'static str, limit: usize, value: fn(&Order) -> Option<&str>) -> Field {
    Field { label, limit, everywhere: false, form: Form::Latin, value }
}

const fn fixed(label: &'static str, limit: usize, form: Form, value: fn(&Order) -> Option<&str>) -> Field {
    Field { label, limit, everywhere: true, form, value }
}

/// All of them, in the order in which they are checked.
#[rustfmt::skip]
pub(super) const FIELDS: [Field; 11] = [
    short("Company", 20, |order| Some(&order.recipient.recipient_company)),
    short("First Name", 15, |order| Some(&order.recipient.recipient_firstname)),
    short("Last Name", 20, |order| Some(&order.recipient.recipient_lastname)),
    fixed("Email", 80, Form::Any, |order| Some(&order.recipient.recipient_email)),
    fixed("Telephone", 40, Form::Phone, |order| Some(&order.recipient.recipient_telephone)),
    short("Street Line 1", 60, |order| Some(&order.mailing_address.street_line1)),
    short("Street Line 2", 60, |order| order.mailing_address.street_line2.as_deref()),
    short("City", 60, |order| Some(&order.mailing_address.city)),
    fixed("Region", 50, Form::Region, |order| order.mailing_address.region.as_deref()),
    fixed("Postal Code", 50, Form::PostalCode, |order| Some(&order.mailing_address.postal_code)),
    fixed("Country Code", 2, Form::Country, |order| Some(&order.mailing_address.country_code_2)),
];

/// What a field may be made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Any,
    /// Latin letters with or without marks (up to U+017F), digits, and what addresses are written with.
    Latin,
    Phone,
    Region,
    PostalCode,
    Country,
}

impl Form {
    /// `Err` says what was expected.
    pub(super) fn check(self, value: &str, country: &str) -> Result<(), &'static str> {
        let (good, expected) = match self {
            Self::Any => (true, ""),
            Self::Latin => {
                (value.chars().all(is_latin), "expected Latin letters, digits, spaces and # ' . , - / ( ) & only")
            }
            Self::Phone => (
                value.chars().all(|c| c.is_ascii_digit() || c.is_whitespace() || "-()+.".contains(c)),
                "expected digits, spaces and - ( ) + . only",
            ),
            Self::Region if needs_region(country) => (
                value.len() == 2 && value.bytes().all(|byte| byte.is_ascii_uppercase()),
                "expected a code of two capital letters such as CA",
            ),
            Self::Region => return Self::Latin.check(value, country),
            Self::PostalCode => match country {
                "US" => (fits(value, "00000") || fits(value, "00000-0000"), "expected 12345 or 12345-6789"),
                "CA" => (fits(value, "A0A0A0") || fits(value, "A0A 0A0"), "expected the form A1A 1A1"),
                _ => return Self::Latin.check(value, country),
            },
            Self::Country => (
                value.len() == 2 && value.bytes().all(|byte| byte.is_ascii_uppercase()),
                "expected two letters such as US",
            ),
        };
        if good { Ok(()) } else { Err(expected) }
    }
}

fn is_latin(c: char) -> bool {
    c.is_ascii_alphanumeric() || " #'.,-/()&".contains(c) || ('\u{c0}'..='\u{17f}').contains(&c)
}

/// Whether the text has the picture's form: `0` for a digit, `A` for a capital letter, anything else for itself.
fn fits(text: &str, picture: &str) -> bool {
    text.len() == picture.len()
        && text.bytes().zip(picture.bytes()).all(|(byte, form)| match form {
            b'0' => byte.is_ascii_digit(),
            b'A' => byte.is_ascii_uppercase(),
            itself => byte == itself,
        })
}
