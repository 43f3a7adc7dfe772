//! Comparison of records, delivery service and identity provider.

use serde::{Deserialize, Serialize};

/// Part of the comparison.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Reconciliation {
    pub differences: Vec<Difference>,
    pub compared: Compared,
    pub not_compared: Vec<NotCompared>,
    pub next_cursor: Option<String>,
    pub pause_seconds: Option<u64>,
}

/// Difference between two sides.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Difference {
    pub kind: String,
    pub id: Option<String>,
    pub shipment_id: Option<String>,
    pub user_id: Option<String>,
    pub method_id: Option<String>,
    pub serial_number: Option<String>,
    pub detail: String,
    pub remedy: String,
    pub operation: String,
    pub candidates: Vec<String>,
}

/// Number of compared items.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct Compared {
    pub orders: u64,
    pub shipments: u64,
    pub people: u64,
    pub calls: u64,
}

/// Part that was not compared.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NotCompared {
    pub what: String,
    pub why: String,
    pub count: u64,
}
