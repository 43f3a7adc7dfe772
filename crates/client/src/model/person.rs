//! Persons.

use serde::{Deserialize, Serialize};

use super::shipment::{Summary, Unreadable};

/// Keys that were ordered for a person.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Person {
    pub user_id: String,
    pub shipments: Vec<Summary>,
    #[serde(default)]
    pub unreadable: Vec<Unreadable>,
}
