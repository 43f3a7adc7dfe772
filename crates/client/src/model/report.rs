//! Figures about a period.

use serde::{Deserialize, Serialize};

use super::shipment::Unreadable;

/// Figures about the shipments that were ordered in a period.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Report {
    pub groups: Vec<Group>,
    #[serde(default)]
    pub unreadable: Vec<Unreadable>,
}

/// Figures about a group of shipments.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Group {
    pub batch: Option<String>,
    pub product_id: Option<i64>,
    pub country: Option<String>,
    pub ordered: u64,
    pub refused: u64,
    pub shipped: u64,
    pub registered: u64,
    pub pin_delivered: u64,
    pub completed: u64,
    pub cancelled: u64,
    pub stuck: Vec<Stuck>,
    pub days: Days,
}

/// Number of shipments that need an operator for the same reason.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Stuck {
    pub reason: String,
    pub shipments: u64,
}

/// Days of each leg.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Days {
    pub ordered_to_shipped: Leg,
    pub shipped_to_registered: Leg,
    pub registered_to_pin_delivered: Leg,
    pub ordered_to_pin_delivered: Leg,
}

/// Days of one leg.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Leg {
    pub median: Option<f64>,
    pub percentile_95: Option<f64>,
}
