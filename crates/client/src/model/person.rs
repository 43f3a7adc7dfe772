//! Persons.

use serde::{Deserialize, Serialize};

use super::shipment::{Summary, Unreadable};
use super::word::Phase;

/// Keys that were ordered for a person.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Person {
    pub user_id: String,
    pub shipments: Vec<Summary>,
    #[serde(default)]
    pub unreadable: Vec<Unreadable>,
}

/// Result of the offboarding of a person.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Offboarded {
    pub complete: bool,
    pub shipments: Vec<OffboardedShipment>,
    #[serde(default)]
    pub failed: Option<String>,
}

/// What was done about a shipment.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct OffboardedShipment {
    pub id: String,
    pub phase: Option<Phase>,
    pub revoked: bool,
    pub cancelled: bool,
    pub failed: Option<String>,
    pub by_hand: Option<String>,
}
