//! Shipments.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::withdrawal::Withdrawal;
use super::word::{ObstacleClass, Phase};

/// Page of shipments.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Shipments {
    pub items: Vec<Summary>,
    #[serde(default)]
    pub unreadable: Vec<Unreadable>,
    pub next_cursor: Option<String>,
}

/// Shipment whose record cannot be read.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Unreadable {
    pub id: String,
    pub reason: String,
}

/// Summary of a shipment.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Summary {
    pub id: String,
    pub shipment_id: Option<String>,
    pub phase: Phase,
    pub obstacle: Option<SummaryObstacle>,
    pub error_message: Option<String>,
    pub needs_human: bool,
    pub user_id: Option<String>,
    pub object_id: Option<String>,
    pub serial_number: Option<String>,
    pub tracking_number: Option<String>,
    pub batch: Option<String>,
    pub product_id: Option<i64>,
    pub reference: Option<String>,
    pub country: Option<String>,
    pub not_before: Option<NaiveDate>,
    pub needed_by: Option<NaiveDate>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub deadline: Option<DateTime<Utc>>,
    pub next_attempt: Option<DateTime<Utc>>,
}

/// Obstacle in a summary.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SummaryObstacle {
    pub class: ObstacleClass,
    pub code: String,
    pub message: String,
}

/// Details of a shipment.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Details {
    pub id: String,
    pub shipment_id: Option<String>,
    pub phase: Phase,
    pub obstacle: Option<Obstacle>,
    pub on_hold: Option<String>,
    pub keys: Vec<Key>,
    pub tracking: Option<Tracking>,
    pub delivery_state_id: Option<i64>,
    pub delivery_state_message: Option<String>,
    pub cancellation: Option<Cancellation>,
    pub completed_by: Option<String>,
    pub replaces: Option<String>,
    pub replaced_by: Option<String>,
    pub withdrawal: Option<Withdrawal>,
    pub requested_by: String,
    pub requester: Option<String>,
    pub reference: Option<String>,
    pub batch: Option<String>,
    pub row: Option<String>,
    pub country: Option<String>,
    pub not_before: Option<NaiveDate>,
    pub needed_by: Option<NaiveDate>,
    pub created_at: DateTime<Utc>,
    pub deadline: Option<DateTime<Utc>>,
    pub history: Vec<Event>,
}

/// Obstacle of a shipment.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Obstacle {
    pub class: ObstacleClass,
    pub code: String,
    pub message: String,
    pub since: DateTime<Utc>,
    pub attempts: u32,
    pub next_attempt: Option<DateTime<Utc>>,
}

/// Ordered key.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Key {
    pub user_id: Option<String>,
    pub product_id: i64,
    pub inventory_product_id: i64,
    pub customization_id: String,
    pub serial_number: Option<String>,
    pub firmware_version: Option<String>,
    pub credentials: Vec<Credential>,
}

/// Registered credential.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Credential {
    pub display_name: String,
    pub method_id: String,
    pub credential_id: Option<String>,
    pub aaguid: Option<String>,
    pub registered_at: DateTime<Utc>,
    pub revoked_at: Option<DateTime<Utc>>,
}

/// Tracking of a parcel.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Tracking {
    pub number: Option<String>,
    pub carrier: Option<String>,
    pub link: Option<String>,
}

/// Cancellation of a shipment.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Cancellation {
    pub by: String,
    pub reason: String,
    pub requested_at: DateTime<Utc>,
    pub confirmed_at: Option<DateTime<Utc>>,
}

/// Event in the history of a shipment.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Event {
    pub seq: u32,
    pub event: String,
    pub at: DateTime<Utc>,
    pub last_at: DateTime<Utc>,
    pub times: u32,
    pub by: String,
    pub detail: String,
    pub client_request_id: Option<String>,
}

/// Numbers of shipments.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Counts {
    pub total: u64,
    pub counts: Vec<Count>,
}

/// Number of shipments in a phase with the same obstacle.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Count {
    pub phase: Phase,
    pub obstacle_class: Option<ObstacleClass>,
    pub obstacle_code: Option<String>,
    pub shipments: u64,
}

/// Order in the queue.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Queued {
    pub id: String,
    pub phase: Phase,
}
