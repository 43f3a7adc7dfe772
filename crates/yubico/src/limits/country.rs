//! Rules that depend on the destination country (ISO 3166-1 alpha-2 code).

/// Countries for which the short limits of names and address lines apply.
#[rustfmt::skip]
const RESTRICTED: [&str; 48] = [
    "US", "SE", "AT", "AU", "BE", "BG", "CA", "CH", "CL", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GB",
    "GR", "HK", "HR", "HU", "ID", "IE", "IL", "IS", "IT", "JP", "LI", "LT", "LU", "LV", "MT", "MX", "NL", "NO",
    "NZ", "PH", "PL", "PT", "RO", "SA", "SG", "SK", "SI", "TH", "TW", "AE",
];

/// Returns whether the short limits apply in the country.
pub(super) fn is_restricted(country: &str) -> bool {
    RESTRICTED.contains(&country)
}

/// Returns whether an address in the country requires a region.
pub(super) fn needs_region(country: &str) -> bool {
    regions(country).is_some()
}

/// Codes of the states, territories and military regions of the United States (USPS Publication 28, appendix B).
#[rustfmt::skip]
const UNITED_STATES: [&str; 62] = [
    "AL", "AK", "AS", "AZ", "AR", "CA", "CO", "CT", "DE", "DC", "FM", "FL", "GA", "GU", "HI", "ID", "IL", "IN", "IA",
    "KS", "KY", "LA", "ME", "MH", "MD", "MA", "MI", "MN", "MS", "MO", "MT", "NE", "NV", "NH", "NJ", "NM", "NY", "NC",
    "ND", "MP", "OH", "OK", "OR", "PW", "PA", "PR", "RI", "SC", "SD", "TN", "TX", "UT", "VT", "VI", "VA", "WA", "WV",
    "WI", "WY", "AA", "AE", "AP",
];

/// Codes of the provinces and territories of Canada (Canada Post addressing guidelines).
const CANADA: [&str; 13] = ["AB", "BC", "MB", "NB", "NL", "NS", "NT", "NU", "ON", "PE", "QC", "SK", "YT"];

/// Returns the codes of the regions of a country that requires one. `None` for other countries.
pub(super) fn regions(country: &str) -> Option<&'static [&'static str]> {
    match country {
        "US" => Some(&UNITED_STATES),
        "CA" => Some(&CANADA),
        _ => None,
    }
}

/// Returns whether parcels do not reach post office boxes in the country. The vendor states it for all countries but
/// the United States; territories of the United States with a country code of their own are left out.
pub(super) fn without_post_office_boxes(country: &str) -> bool {
    !matches!(country, "US" | "AS" | "GU" | "MP" | "PR" | "UM" | "VI")
}
