//! Validation of orders: reference 1.9, and the rules for pre-registered keys.

use super::catalogue;
use super::order::{Address, Item, Order};
use super::refusal::Refusal;

/// Countries with short limits. // inferred: a client-side rule of the vendor's own sample.
const RESTRICTED: &[&str] = &[
    "US", "SE", "AT", "AU", "BE", "BG", "CA", "CH", "CL", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GB", "GR",
    "HK", "HR", "HU", "ID", "IE", "IL", "IS", "IT", "JP", "LI", "LT", "LU", "LV", "MT", "MX", "NL", "NO", "NZ", "PH",
    "PL", "PT", "RO", "SA", "SG", "SK", "SI", "TH", "TW", "AE",
];
/// Maximum length of names and addresses for all other countries.
const RELAXED: usize = 255;

/// Validates an order. Without `limits`, only checks what the factory requires.
///
/// # Errors
/// Returns the first violated rule as a 400 `validation_error`.
pub(super) fn check(order: &Order, limits: bool) -> Result<(), Refusal> {
    let country = country(&order.mailing_address)?;
    let person = &order.recipient;
    let place = &order.mailing_address;
    let short = |limit| if restricted(country) { limit } else { RELAXED };
    let fields = [
        ("Company", &person.recipient_company, short(20), true),
        ("First Name", &person.recipient_firstname, short(15), true),
        ("Last Name", &person.recipient_lastname, short(20), true),
        ("Email", &person.recipient_email, 80, true),
        ("Telephone", &person.recipient_telephone, 40, true),
        ("Street Line 1", &place.street_line1, short(60), true),
        ("Street Line 2", &place.street_line2, short(60), false),
        ("City", &place.city, short(60), true),
        ("Region", &place.region, short(50), false),
        ("Postal Code", &place.postal_code, 50, true),
    ];
    for (label, value, limit, required) in fields {
        let text = value.as_deref().unwrap_or_default();
        if required && text.trim().is_empty() {
            return Err(Refusal::validation(format!("Input for {label} is required")));
        }
        if !limits {
            continue;
        }
        if weight(text) > limit {
            return Err(Refusal::validation(format!("Input for {label} exceeded limit of {limit} characters")));
        }
        let allowed = match label {
            "Email" => plausible_email(text),
            "Telephone" => text.chars().all(|c| c.is_ascii_digit() || c.is_whitespace() || "-()+.".contains(c)),
            _ => text.chars().all(latin),
        };
        if !allowed {
            return Err(Refusal::validation(format!("Input for {label} contains characters that are not allowed")));
        }
    }
    if limits {
        region_and_postal_code(country, place)?;
    }
    if !matches!(order.delivery_type, None | Some(1 | 2)) {
        return Err(Refusal::validation("Input for Delivery Type must be 1 or 2"));
    }
    match order.shipment_items.as_slice() {
        [item] => check_item(item),
        _ => Err(Refusal::validation("A FIDO Pre-reg shipment must have exactly one shipment item")),
    }
}

/// Returns the country code of a supported destination.
fn country(place: &Address) -> Result<&str, Refusal> {
    let code = place.country_code_2.as_deref().unwrap_or_default();
    if code.len() != 2 {
        return Err(Refusal::validation("Input for Country Code must be exactly 2 characters"));
    }
    if catalogue::regions(code).is_none() {
        return Err(Refusal::validation("Country is not available for shipments of this organization"));
    }
    Ok(code)
}

/// Checks region and postal code. Only the United States and Canada have rules.
pub(super) fn region_and_postal_code(country: &str, place: &Address) -> Result<(), Refusal> {
    let regions = catalogue::regions(country).unwrap_or_default();
    let region = place.region.as_deref().unwrap_or_default();
    if !regions.is_empty() && !regions.contains(&region) {
        return Err(Refusal::validation("Input for Region must be a 2-letter state or province code"));
    }
    let code = place.postal_code.as_deref().unwrap_or_default();
    let fits = match country {
        "US" => zip(code),
        "CA" => canadian(code),
        _ => true,
    };
    if fits { Ok(()) } else { Err(Refusal::validation("Input for Postal Code is not valid for the country")) }
}

fn check_item(item: &Item) -> Result<(), Refusal> {
    let product =
        item.product_id.and_then(catalogue::product).ok_or_else(|| Refusal::validation("Unknown product_id"))?;
    if product.authenticator.is_none() {
        return Err(Refusal::validation("Product is not available for FIDO Pre-reg"));
    }
    if !item.inventory_product_id.is_some_and(catalogue::inventory_known) {
        return Err(Refusal::validation("Unknown inventory_product_id"));
    }
    if item.product_quantity != Some(1) {
        return Err(Refusal::validation("Quantity of a FIDO Pre-reg shipment must be 1"));
    }
    if item.customization_id.as_deref().and_then(catalogue::customization).is_none() {
        return Err(Refusal::validation("Unknown customization_id"));
    }
    let [sealed] = item.product_customizations.as_slice() else {
        return Err(Refusal::validation("product_customizations must have exactly one entry"));
    };
    if sealed.fido_pin_request.as_deref().unwrap_or_default().is_empty() {
        return Err(Refusal::validation("fido_pin_request is required"));
    }
    if sealed.fido_credential_requests.is_empty() || sealed.fido_credential_requests.iter().any(String::is_empty) {
        return Err(Refusal::validation("fido_credential_requests is required"));
    }
    Ok(())
}

fn restricted(country: &str) -> bool {
    RESTRICTED.contains(&country)
}

/// Returns how much of a limit a text uses. // inferred: a special character counts as its length in UTF-8 (documented:
/// "more than one").
fn weight(text: &str) -> usize {
    text.len()
}

fn latin(c: char) -> bool {
    c.is_ascii_alphanumeric() || " #'.,-/()&".contains(c) || ('\u{c0}'..='\u{17f}').contains(&c)
}

fn plausible_email(text: &str) -> bool {
    text.split_once('@').is_some_and(|(local, domain)| !local.is_empty() && domain.contains('.'))
        && !text.chars().any(char::is_whitespace)
}

fn zip(code: &str) -> bool {
    let digits = |text: &str, count| text.len() == count && text.bytes().all(|b| b.is_ascii_digit());
    match code.split_once('-') {
        None => digits(code, 5),
        Some((zip, extension)) => digits(zip, 5) && digits(extension, 4),
    }
}

fn canadian(code: &str) -> bool {
    let compact: Vec<_> = match code.as_bytes() {
        [a, b, c, space, rest @ ..] if space.is_ascii_whitespace() => [&[*a, *b, *c], rest].concat(),
        bytes => bytes.to_vec(),
    };
    compact.len() == 6
        && compact.iter().enumerate().all(|(i, b)| if i % 2 == 0 { b.is_ascii_uppercase() } else { b.is_ascii_digit() })
}

#[cfg(test)]
mod tests;
