//! Checks an order against the limits.

use keyferry_domain::Order;

use super::country;
use super::field::{FIELDS, Field, Form};

/// Checks the fields of `order` in the order of [`FIELDS`].
///
/// # Errors
/// Returns a message about the first limit that the order exceeds, worded like the delivery service's own.
pub(crate) fn check(order: &Order) -> Result<(), String> {
    let country = order.mailing_address.country_code_2.as_str();
    for field in &FIELDS {
        match (field.value)(order) {
            Some(value) => check_field(field, value, country)?,
            None if field.form == Form::Region && country::needs_region(country) => {
                return Err(format!("Input for {} is required for country {country}", field.label));
            }
            None => {}
        }
    }
    Ok(())
}

fn check_field(field: &Field, value: &str, country: &str) -> Result<(), String> {
    let limit = field.limit_in(country);
    // inferred: the vendor says "special characters count as more than one". Counting UTF-8 bytes is the strictest
    // likely interpretation.
    if value.len() > limit {
        return Err(format!("Input for {} exceeded limit of {limit} characters", field.label));
    }
    // inferred: the wording of these messages; only that of the message above is public.
    field.form.check(value, country).map_err(|expected| format!("Input for {} is not valid: {expected}", field.label))
}
