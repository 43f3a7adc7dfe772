//! Products, customizations and destination countries, as far as the vendor's reference is public.

use serde_json::{Value, json};

use super::stock::{INVENTORY, Stock};
use crate::factory::authenticators::{Authenticator, FIPS, NFC};

/// Product of the catalogue.
#[derive(Debug)]
pub(crate) struct Product {
    /// `product_id`.
    pub(crate) id: u64,
    /// `product_name`.
    pub(crate) name: &'static str,
    /// Authenticator of the product. `None` if the product is not available pre-registered.
    pub(crate) authenticator: Option<Authenticator>,
}

/// Products of the catalogue, as far as they are public.
pub(crate) const PRODUCTS: &[Product] = &[
    Product { id: 1, name: "YubiKey 5 NFC", authenticator: Some(NFC) },
    Product { id: 2, name: "YubiKey 5 Nano", authenticator: None },
    Product { id: 3, name: "YubiKey 5C", authenticator: None },
    Product { id: 4, name: "YubiKey 5C Nano", authenticator: None },
    Product { id: 5, name: "YubiKey 5Ci", authenticator: None },
    Product { id: 7, name: "Security Key NFC", authenticator: None },
    Product { id: 29, name: "YubiKey 5C NFC", authenticator: Some(NFC) },
    Product { id: 54, name: "YubiKey 5 NFC FIPS", authenticator: Some(FIPS) },
    Product { id: 55, name: "YubiKey 5C NFC FIPS", authenticator: Some(FIPS) },
];

/// Customization of a product by the factory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Customization {
    /// `customization_id`.
    pub(crate) id: &'static str,
    /// Whether the holder must change the PIN before the first use of the key.
    pub(crate) one_time_pin: bool,
}

/// Customizations of the organization.
pub(crate) const CUSTOMIZATIONS: [Customization; 3] = [
    Customization { id: "CUSTID", one_time_pin: false },
    Customization { id: "RXJN83", one_time_pin: false },
    Customization { id: "ONETIM", one_time_pin: true },
];

/// Destination countries: numeric id, name, 2-letter code, 3-letter code, and the 2-letter regions if one is required.
const COUNTRIES: &[(u32, &str, &str, &str, &[&str])] = &[
    (840, "United States", "US", "USA", US),
    (124, "Canada", "CA", "CAN", CANADA),
    (752, "Sweden", "SE", "SWE", &[]),
    (40, "Austria", "AT", "AUT", &[]),
    (36, "Australia", "AU", "AUS", &[]),
    (56, "Belgium", "BE", "BEL", &[]),
    (756, "Switzerland", "CH", "CHE", &[]),
    (276, "Germany", "DE", "DEU", &[]),
    (208, "Denmark", "DK", "DNK", &[]),
    (724, "Spain", "ES", "ESP", &[]),
    (246, "Finland", "FI", "FIN", &[]),
    (250, "France", "FR", "FRA", &[]),
    (826, "United Kingdom", "GB", "GBR", &[]),
    (372, "Ireland", "IE", "IRL", &[]),
    (380, "Italy", "IT", "ITA", &[]),
    (392, "Japan", "JP", "JPN", &[]),
    (528, "Netherlands", "NL", "NLD", &[]),
    (578, "Norway", "NO", "NOR", &[]),
    (554, "New Zealand", "NZ", "NZL", &[]),
    (616, "Poland", "PL", "POL", &[]),
    (620, "Portugal", "PT", "PRT", &[]),
    (702, "Singapore", "SG", "SGP", &[]),
    (76, "Brazil", "BR", "BRA", &[]),
    (356, "India", "IN", "IND", &[]),
    (410, "South Korea", "KR", "KOR", &[]),
    (710, "South Africa", "ZA", "ZAF", &[]),
];

const US: &[&str] = &[
    "AL", "AK", "AZ", "AR", "CA", "CO", "CT", "DE", "DC", "FL", "GA", "HI", "ID", "IL", "IN", "IA", "KS", "KY", "LA",
    "ME", "MD", "MA", "MI", "MN", "MS", "MO", "MT", "NE", "NV", "NH", "NJ", "NM", "NY", "NC", "ND", "OH", "OK", "OR",
    "PA", "PR", "RI", "SC", "SD", "TN", "TX", "UT", "VT", "VA", "WA", "WV", "WI", "WY", "AA", "AE", "AP",
];
const CANADA: &[&str] = &["AB", "BC", "MB", "NB", "NL", "NS", "NT", "NU", "ON", "PE", "QC", "SK", "YT"];

/// Returns the product with this id.
pub(crate) fn product(id: u64) -> Option<&'static Product> {
    PRODUCTS.iter().find(|product| product.id == id)
}

/// Returns the customization with this id.
pub(crate) fn customization(id: &str) -> Option<Customization> {
    CUSTOMIZATIONS.into_iter().find(|one| one.id == id)
}

/// Returns whether the organization has this inventory.
pub(super) fn inventory_known(id: u64) -> bool {
    INVENTORY.iter().any(|row| row.0 == id)
}

/// Returns the regions of a destination country; empty if no region is required. `None` for other countries.
pub(super) fn regions(country: &str) -> Option<&'static [&'static str]> {
    COUNTRIES.iter().find(|row| row.2 == country).map(|row| row.4)
}

/// `GET /products` and `/products/{id}`. // inferred: the members other than `product_id` and `product_name`.
pub(super) fn product_json(product: &Product) -> Value {
    json!({
        "product_id": product.id,
        "product_name": product.name,
        "is_fpr_capable": product.authenticator.is_some(),
    })
}

/// `GET /inventory`.
pub(super) fn inventory_json(stock: &Stock) -> Value {
    let rows = INVENTORY.map(|(id, name, _)| {
        json!({
            "organization_product_inventory_id": id,
            "is_subscription_product": id != 18,
            "is_virtual_product": false,
            "organization_id": "sandbox-organization",
            "organization_product_quantity": stock.of(id),
            "product_id": id,
            "inventory_type": if id == 18 { "stock" } else { "subscription" },
            "product_name": name,
            "product_tier": "Advanced Plus",
            "product_mapping": PRODUCTS.iter().map(|product| product.id).collect::<Vec<_>>(),
        })
    });
    json!({ "count": rows.len(), "total_count": rows.len(), "organization_product_inventory": rows })
}

/// `GET /shippablekeys`.
pub(super) fn shippable_json(stock: &Stock) -> Value {
    json!({ "result_set": [{ "total_keys_available": INVENTORY.iter().map(|row| stock.of(row.0)).sum::<u64>() }] })
}

/// `GET /countries`.
pub(super) fn countries_json() -> Value {
    let delivery = json!([{ "value": 1, "name": "Normal" }, { "value": 2, "name": "Expedited" }]);
    let rows: Vec<_> = COUNTRIES
        .iter()
        .map(|(id, name, two, three, regions)| {
            let mut row = json!({
                "country_id": id,
                "country_name": name,
                "country_code_2": two,
                "country_code_3": three,
                "country_vat_rate": 0,
                "delivery_types": delivery,
            });
            if !regions.is_empty() {
                row["states"] = json!(regions);
            }
            row
        })
        .collect();
    json!({ "count": rows.len(), "total_count": rows.len(), "countries": rows })
}
