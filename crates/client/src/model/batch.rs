//! Batches of orders.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::word::{BatchState, Severity};

/// Page of batches.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Batches {
    pub batches: Vec<Batch>,
    pub next_cursor: Option<String>,
}

/// Batch in the response to an operation that changed it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum BatchBody {
    Wrapped { batch: Batch },
    Plain(Batch),
}

impl BatchBody {
    /// Returns the batch.
    pub fn into_batch(self) -> Batch {
        match self {
            Self::Wrapped { batch } | Self::Plain(batch) => batch,
        }
    }
}

/// Batch of orders.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Batch {
    pub id: String,
    pub name: Option<String>,
    pub state: BatchState,
    pub created_at: DateTime<Utc>,
    pub created_by: String,
    pub rows: RowCounts,
    pub mapping: Option<Mapping>,
    pub progress: Option<Progress>,
    pub reason: Option<String>,
}

/// Numbers of rows.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct RowCounts {
    pub total: u64,
    pub to_send: u64,
    pub errors: u64,
    pub warnings: u64,
    pub checked: u64,
    pub waiting: u64,
    pub queued: u64,
    pub sent: u64,
    pub complete: u64,
    pub needs_human: u64,
    pub refused: u64,
    pub cancelled: u64,
}

/// How the columns of the file were understood.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Mapping {
    #[serde(default)]
    pub columns: BTreeMap<String, Value>,
    #[serde(default)]
    pub unused_columns: Vec<String>,
}

/// Rate and remaining time.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Progress {
    pub rate_per_minute: Option<f64>,
    pub seconds_left: Option<u64>,
}

/// Page of rows.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Rows {
    pub rows: Vec<Row>,
    pub next_cursor: Option<String>,
}

/// Row of a batch.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Row {
    pub row: u64,
    pub row_key: Option<String>,
    pub user_id: Option<String>,
    pub state: String,
    pub id: Option<String>,
    pub shipment_id: Option<String>,
    pub serial: Option<String>,
    pub tracking: Option<String>,
    #[serde(default)]
    pub findings: Vec<Finding>,
}

/// Finding about a row.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Finding {
    pub code: String,
    pub severity: Severity,
    pub member: Option<String>,
    pub message: String,
    pub remedy: String,
}
