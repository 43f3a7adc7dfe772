//! Batches of orders.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::word::{BatchState, Severity};

/// Page of batches.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Batches {
    pub batches: Vec<BatchSummary>,
    pub next_cursor: Option<String>,
}

/// Batch in a list.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct BatchSummary {
    pub id: String,
    pub name: String,
    pub state: BatchState,
    pub created_at: DateTime<Utc>,
    pub created_by: String,
    pub total: u64,
}

/// Batch of orders.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Batch {
    pub id: String,
    pub name: String,
    pub state: BatchState,
    pub created_at: DateTime<Utc>,
    pub created_by: String,
    pub rows: RowCounts,
    pub mapping: Mapping,
    pub progress: Option<Progress>,
    pub findings: Vec<Finding>,
    pub history: Vec<BatchAct>,
}

/// What was done with a batch.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct BatchAct {
    pub act: String,
    pub at: DateTime<Utc>,
    pub by: Option<String>,
    pub reason: Option<String>,
}

/// Numbers of rows.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RowCounts {
    pub total: u64,
    pub to_send: u64,
    pub invalid: u64,
    pub errors: u64,
    pub warnings: u64,
    pub checked: u64,
    pub waiting: u64,
    #[serde(default)]
    pub awaiting_address: u64,
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
    pub columns: Vec<Column>,
    pub unused_columns: Vec<String>,
}

/// Column of the file, and the members that it fills.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Column {
    pub header: String,
    pub members: Vec<String>,
}

/// Rate and remaining time.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Progress {
    pub rate_per_minute: f64,
    pub seconds_left: u64,
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
    pub user_id: String,
    pub state: String,
    #[serde(default)]
    pub awaits_address: bool,
    pub id: Option<String>,
    pub shipment_id: Option<String>,
    pub serial_number: Option<String>,
    pub tracking_number: Option<String>,
    pub error_message: Option<String>,
    pub findings: Vec<Finding>,
    pub changed_at: Option<String>,
    pub changed_by: Option<String>,
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
