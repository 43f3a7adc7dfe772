//! What depends on the country (ISO 3166-1 alpha-2).

/// Countries to which names and addresses must be short.
#[rustfmt::skip]
const RESTRICTED: [&str; 48] = [
    "US", "SE", "AT", "AU", "BE", "BG", "CA", "CH", "CL", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GB",
    "GR", "HK", "HR", "HU", "ID", "IE", "IL", "IS", "IT", "JP", "LI", "LT", "LU", "LV", "MT", "MX", "NL", "NO",
    "NZ", "PH", "PL", "PT", "RO", "SA", "SG", "SK", "SI", "TH", "TW", "AE",
];

/// Whether the short limits hold there.
pub(super) fn is_restricted(country: &str) -> bool {
    RESTRICTED.contains(&country)
}

/// Whether an address there needs a region.
pub(super) fn needs_region(country: &str) -> bool {
    matches!(country, "US" | "CA")
}
