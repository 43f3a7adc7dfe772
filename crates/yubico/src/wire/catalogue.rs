//! Lists of what can be ordered, and judgements about addresses.

use keyferry_domain::MailingAddress;
use keyferry_domain::ports::{AddressVerdict, Country, Inventory, OfferedProduct};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::text::Text;

/// Longest text that is shown, in characters.
const LONGEST: usize = 200;

/// Response with rows: `{"count", "total_count", "<member>": [...]}`, or only the rows.
///
/// inferred: the form of the list of products is not public, those of inventory and countries are.
#[derive(Deserialize)]
#[serde(transparent)]
pub(crate) struct Listing(Value);

impl Listing {
    /// Returns the rows in `member`.
    ///
    /// # Errors
    /// The reason why the list cannot be used. A list without some of its rows cannot show what does not exist.
    pub(crate) fn rows<T: DeserializeOwned>(mut self, member: &'static str) -> Result<Vec<T>, String> {
        let total = self.0.get("total_count").and_then(Value::as_u64);
        let rows = match &mut self.0 {
            Value::Array(rows) => std::mem::take(rows).into(),
            body => body.get_mut(member).map(Value::take).ok_or_else(|| format!("it has no `{member}`"))?,
        };
        let rows: Vec<T> =
            serde_json::from_value(rows).map_err(|error| format!("`{member}` cannot be read ({error})"))?;
        match total.and_then(|total| usize::try_from(total).ok()) {
            Some(total) if total > rows.len() => Err(format!("it contains {} of {total} rows", rows.len())),
            _ => Ok(rows),
        }
    }
}

/// Row of `GET /products`.
#[derive(Deserialize)]
pub(crate) struct ProductRow {
    product_id: i64,
    #[serde(default)]
    product_name: Text,
}

impl ProductRow {
    pub(crate) fn into_product(self) -> OfferedProduct {
        OfferedProduct { id: self.product_id, name: self.product_name.cleaned(LONGEST) }
    }
}

/// Row of `GET /inventory`.
///
/// inferred: `product_id` of a row is the `inventory_product_id` of an order, because the vendor's page of identifiers
/// lists both in one table. `product_mapping` contains the products that can be ordered from it.
#[derive(Deserialize)]
pub(crate) struct InventoryRow {
    product_id: i64,
    #[serde(default)]
    product_name: Text,
    #[serde(default)]
    organization_product_quantity: Option<i64>,
    #[serde(default)]
    product_mapping: Option<Vec<i64>>,
}

impl InventoryRow {
    pub(crate) fn into_inventory(self) -> Inventory {
        Inventory {
            id: self.product_id,
            name: self.product_name.cleaned(LONGEST),
            quantity: self.organization_product_quantity,
            products: self.product_mapping.unwrap_or_default(),
        }
    }
}

/// Row of `GET /countries`.
#[derive(Deserialize)]
pub(crate) struct CountryRow {
    country_code_2: String,
    #[serde(default)]
    country_name: Text,
    #[serde(default)]
    delivery_types: Option<Vec<DeliveryType>>,
    /// inferred: codes as strings. Any other form is ignored.
    #[serde(default)]
    states: Option<Value>,
}

#[derive(Deserialize)]
struct DeliveryType {
    value: i64,
}

impl CountryRow {
    pub(crate) fn into_country(self) -> Country {
        let states = self.states.and_then(|states| serde_json::from_value::<Vec<String>>(states).ok());
        Country {
            code: self.country_code_2.to_ascii_uppercase(),
            name: self.country_name.cleaned(LONGEST),
            delivery_types: self.delivery_types.into_iter().flatten().map(|one| one.value).collect(),
            regions: states.unwrap_or_default(),
        }
    }
}

/// Body of `POST /validate-address`.
#[derive(Serialize)]
pub(crate) struct AddressBody<'a> {
    street_line1: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    street_line2: Option<&'a str>,
    city: &'a str,
    postal_code: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<&'a str>,
    country_code_2: &'a str,
}

impl<'a> AddressBody<'a> {
    pub(crate) fn new(address: &'a MailingAddress) -> Self {
        Self {
            street_line1: &address.street_line1,
            street_line2: address.street_line2.as_deref(),
            city: &address.city,
            postal_code: &address.postal_code,
            region: address.region.as_deref(),
            country_code_2: &address.country_code_2,
        }
    }
}

/// Response of `POST /validate-address`.
#[derive(Deserialize)]
pub(crate) struct AddressJudgement {
    status: String,
    #[serde(default)]
    details: Option<Vec<Detail>>,
}

#[derive(Deserialize)]
struct Detail {
    #[serde(default)]
    description: Text,
}

impl AddressJudgement {
    /// Returns the verdict. `None` for an unknown status.
    pub(crate) fn into_verdict(self) -> Option<AddressVerdict> {
        match self.status.as_str() {
            "deliverable" => Some(AddressVerdict::Deliverable),
            "undeliverable" => {
                let details = self.details.into_iter().flatten();
                let reasons = details.filter_map(|detail| detail.description.cleaned(LONGEST)).take(5).collect();
                Some(AddressVerdict::Undeliverable { reasons })
            }
            _ => None,
        }
    }
}
