//! Checks an order against the limits.

use keyferry_domain::{CheckCode, Member, Order, OrderFinding};

use super::field::{FIELDS, Fault, Field, Form};
use super::{country, post_office_box};
use crate::YubicoSettings;

/// Longest street lines together, in bytes, and in the countries that the vendor enabled on request.
const STREET_LINES: usize = 120;
const LONG_STREET_LINES: usize = 510;

/// Returns all limits that the order exceeds, in the order of [`FIELDS`], with messages that are worded like the
/// delivery service's own.
pub(crate) fn check(settings: &YubicoSettings, order: &Order) -> Vec<OrderFinding> {
    let country = order.mailing_address.country_code_2.as_str();
    let long = settings.long_street_countries.iter().any(|one| one == country);
    let mut findings = Vec::new();
    for field in &FIELDS {
        match (field.value)(order) {
            Some(value) => findings.extend(check_field(field, value, country, long)),
            None if field.form == Form::Region && country::needs_region(country) => {
                let what = format!("is required for country {country}");
                findings.push(finding(CheckCode::RegionRequired, field, &what));
            }
            None => {}
        }
    }
    findings.extend(check_street(order, country, long));
    findings
}

/// Returns at most one finding: a value that is too long is not examined further.
fn check_field(field: &Field, value: &str, country: &str, long: bool) -> Option<OrderFinding> {
    let limit = field.limit_in(country, long);
    // Bytes, not characters: the vendor's sample for integrators says that special characters count as more than one
    // toward the limit. inferred: a character counts as its length in UTF-8. The sample states no weight.
    if value.len() > limit {
        return Some(finding(CheckCode::TooLong, field, &format!("exceeded limit of {limit} characters")));
    }
    // inferred: the wording of these messages; only that of the message above is public.
    let Fault { code, expected } = field.form.check(value, country).err()?;
    Some(finding(code, field, &format!("is not valid: {expected}")))
}

fn check_street(order: &Order, country: &str, long: bool) -> Vec<OrderFinding> {
    let address = &order.mailing_address;
    let second = address.street_line2.as_deref().unwrap_or_default();
    let (limit, mut findings) = (if long { LONG_STREET_LINES } else { STREET_LINES }, Vec::new());
    if address.street_line1.len() + second.len() > limit {
        let message =
            format!("Input for Street Line 1 and Street Line 2 together exceeded limit of {limit} characters");
        let member = Member::Parcel("mailing_address.street_line1");
        findings.push(OrderFinding::new(CheckCode::StreetTooLong, member, message));
    }
    if country::without_post_office_boxes(country) {
        let lines =
            [("mailing_address.street_line1", address.street_line1.as_str()), ("mailing_address.street_line2", second)];
        findings.extend(lines.into_iter().filter(|(_, line)| post_office_box::is_in(line)).map(|(path, _)| {
            let message = format!("Input for the street is a post office box, but the address is in {country}");
            OrderFinding::new(CheckCode::PostOfficeBox, Member::Parcel(path), message)
        }));
    }
    findings
}

fn finding(code: CheckCode, field: &Field, what: &str) -> OrderFinding {
    OrderFinding::new(code, Member::Parcel(field.path), format!("Input for {} {what}", field.label))
}
