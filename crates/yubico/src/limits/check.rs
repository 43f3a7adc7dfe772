//! Checks an order against the limits.

use keyferry_domain::Order;
use keyferry_domain::ports::LimitExceeded;

use super::country;
use super::field::{FIELDS, Field, Form};

/// Checks the fields of `order` in the order of [`FIELDS`].
///
/// # Errors
/// Returns the first limit that the order exceeds, with a message that is worded like the delivery service's own.
pub(crate) fn check(order: &Order) -> Result<(), LimitExceeded> {
    let country = order.mailing_address.country_code_2.as_str();
    for field in &FIELDS {
        match (field.value)(order) {
            Some(value) => check_field(field, value, country)?,
            None if field.form == Form::Region && country::needs_region(country) => {
                return Err(exceeded(field, &format!("is required for country {country}")));
            }
            None => {}
        }
    }
    Ok(())
}

fn check_field(field: &Field, value: &str, country: &str) -> Result<(), LimitExceeded> {
    let limit = field.limit_in(country);
    // Bytes, not characters: the vendor's sample for integrators says that special characters count as more than one
    // toward the limit. inferred: a character counts as its length in UTF-8. The sample states no weight.
    if value.len() > limit {
        return Err(exceeded(field, &format!("exceeded limit of {limit} characters")));
    }
    // inferred: the wording of these messages; only that of the message above is public.
    field.form.check(value, country).map_err(|expected| exceeded(field, &format!("is not valid: {expected}")))
}

fn exceeded(field: &Field, what: &str) -> LimitExceeded {
    LimitExceeded { field: field.path, message: format!("Input for {} {what}", field.label) }
}
