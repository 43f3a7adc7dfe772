//! What can be ordered and where to, and the settings of the connector.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What can be ordered.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Products {
    pub items: Option<Vec<Product>>,
    pub inventory: Option<Vec<Inventory>>,
    pub customizations: Option<Vec<String>>,
    pub next_cursor: Option<String>,
    pub read_at: DateTime<Utc>,
}

/// Product.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Product {
    pub product_id: i64,
    pub name: Option<String>,
}

/// Subscription or stock.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Inventory {
    pub inventory_product_id: i64,
    pub name: Option<String>,
    pub product_ids: Vec<i64>,
    pub quantity: Option<i64>,
}

/// Where keys can be ordered to.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Countries {
    pub items: Option<Vec<Country>>,
    pub next_cursor: Option<String>,
    pub read_at: DateTime<Utc>,
}

/// Country.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Country {
    pub country_code_2: String,
    pub name: Option<String>,
    pub delivery_types: Vec<i64>,
    pub regions: Vec<String>,
}

/// Effective settings of the connector, by name.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Settings(pub BTreeMap<String, Value>);
