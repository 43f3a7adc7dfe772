//! Decisions about shipments.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Filter;

/// Reason of a decision.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Reason {
    pub reason: String,
}

/// Adoption of an unconfirmed order.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Adopt {
    pub reason: String,
    pub shipment_id: String,
}

/// Decision about a shipment.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Resolve {
    pub reason: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shipment_id: Option<String>,
}

/// Resend of a PIN.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ResendPin {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Letter with a PIN.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PrintPin {
    pub address: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Replacement of a shipment. The API validates the order.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Replace {
    pub reason: String,
    pub order: Value,
}

/// Action for many shipments: `ids` or `filter`, and `dry_run` or `confirm`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Act {
    pub action: String,
    pub reason: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ids: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter: Option<Filter>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dry_run: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confirm: Option<u64>,
}

/// Result of a dry run, or of an action.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Acted {
    /// Result of a dry run.
    Checked { matched: u64, possible: u64, impossible: Vec<Refusal> },
    /// Result of the action.
    Done { done: u64, refused: Vec<Refusal>, left: u64 },
}

/// Shipment to which the action was not done.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Refusal {
    pub id: String,
    pub why: String,
}
