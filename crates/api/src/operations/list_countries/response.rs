//! Response body.

use keyferry_domain::ports::Country;
use serde::Serialize;
use utoipa::ToSchema;

/// Where keys can be ordered to.
#[derive(Serialize, ToSchema)]
pub(crate) struct Countries {
    /// Countries. `null` if the delivery service does not offer the list.
    pub(super) items: Option<Vec<CountryBody>>,
    /// Always `null`: the list has one page.
    #[schema(value_type = Option<String>)]
    pub(super) next_cursor: (),
    /// Time at which the list was read from the delivery service.
    #[schema(format = DateTime, example = "2026-11-28T12:00:00Z")]
    pub(super) read_at: String,
}

/// Country.
#[derive(Serialize, ToSchema)]
pub(crate) struct CountryBody {
    /// Country code (ISO 3166-1 alpha-2), for orders.
    #[schema(example = "US")]
    country_code_2: String,
    /// Name.
    #[schema(example = "United States")]
    name: Option<String>,
    /// Values of `delivery_type` that are offered. Empty if they are not known.
    #[schema(example = json!([1, 2]))]
    delivery_types: Vec<i64>,
    /// Codes of the regions. Empty if they are not known, or if the country needs none.
    #[schema(example = json!(["CA", "WA"]))]
    regions: Vec<String>,
}

impl From<&Country> for CountryBody {
    fn from(country: &Country) -> Self {
        Self {
            country_code_2: country.code.clone(),
            name: country.name.clone(),
            delivery_types: country.delivery_types.clone(),
            regions: country.regions.clone(),
        }
    }
}
