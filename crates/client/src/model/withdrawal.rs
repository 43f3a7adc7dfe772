//! Acts that end the use of a key.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::word::Phase;

/// Report of a lost key. The API validates the order.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LoseKey {
    pub reason: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub serial: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shipment: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replace: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_pass: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order: Option<Value>,
}

/// Act that ends the use of a key.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Withdrawal {
    pub cause: String,
    pub by: String,
    pub reason: String,
    pub requested_at: DateTime<Utc>,
    pub replacement: Option<String>,
    pub complete: bool,
    pub steps: Vec<WithdrawalStep>,
}

/// Step of the act.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct WithdrawalStep {
    pub step: String,
    pub done: bool,
}

/// Result of the act.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Withdrawn {
    pub id: String,
    pub serial_number: Option<String>,
    pub phase: Phase,
    pub withdrawal: Option<Withdrawal>,
    pub repeated: bool,
    pub left: Option<String>,
}
