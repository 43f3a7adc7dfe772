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
    matches!(country, "US" | "CA")
}
