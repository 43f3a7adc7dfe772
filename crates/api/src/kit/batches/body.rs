//! Bodies of batches.

use keyferry_domain::ports::StoredBatch;
use keyferry_domain::{Batch, BatchAct, BatchState, Caller, PhaseName, RowState};
use keyferry_engine::{BatchProgress, BatchView};
use serde::Serialize;
use utoipa::ToSchema;

use super::row::RowFindingBody;
use crate::kit::schemas;
use crate::kit::time::rfc3339;

/// Batch of orders.
#[derive(Serialize, ToSchema)]
pub(crate) struct BatchBody {
    /// Id of the batch.
    #[schema(format = "uuid", example = "019ac0de-0000-7000-8000-00000000000b")]
    id: String,
    /// Name from the caller.
    #[schema(example = "Berlin, December")]
    name: String,
    /// State.
    #[schema(value_type = schemas::BatchState, example = "checked")]
    state: &'static str,
    /// Time of creation.
    #[schema(format = DateTime, example = "2026-11-24T07:00:00Z")]
    created_at: String,
    /// Caller that created it.
    #[schema(example = "0c0ffee0-0000-4000-8000-000000000002")]
    created_by: String,
    /// Number of rows and of their orders.
    rows: BatchRowsBody,
    /// What the columns of the file were read as.
    mapping: BatchMappingBody,
    /// Findings about the whole batch.
    findings: Vec<RowFindingBody>,
    /// Pace and time left. `null` if nothing is going on, or if it is too early to tell.
    progress: Option<BatchProgressBody>,
    /// What was done with the batch, oldest first.
    history: Vec<BatchActBody>,
}

/// Number of rows, and of their orders.
#[derive(Serialize, ToSchema)]
pub(crate) struct BatchRowsBody {
    /// All rows.
    #[schema(example = 200)]
    total: u32,
    /// Rows that the current or last check has examined.
    #[schema(example = 200)]
    checked: u32,
    /// Rows with a finding of severity `error`.
    #[schema(example = 3)]
    errors: u32,
    /// Rows with a finding of severity `warning`.
    #[schema(example = 1)]
    warnings: u32,
    /// Rows that will not be ordered, because they have errors.
    #[schema(example = 3)]
    invalid: u32,
    /// Rows that will be ordered: the number to confirm when the batch is submitted.
    #[schema(example = 197)]
    to_send: u32,
    /// Rows that are orders now.
    #[schema(example = 0)]
    queued: u32,
    /// Orders that wait for their turn, or for the address.
    #[schema(example = 0)]
    waiting: u32,
    /// Of these, orders that wait for the address, which the person gives.
    #[schema(example = 0)]
    awaiting_address: u32,
    /// Orders that have left: for the delivery service, or cancelled.
    #[schema(example = 0)]
    sent: u32,
    /// Orders whose key is registered and whose PIN is delivered.
    #[schema(example = 0)]
    complete: u32,
    /// Orders that need an operator.
    #[schema(example = 0)]
    needs_human: u32,
    /// Rows that were not accepted as an order when their turn came.
    #[schema(example = 0)]
    refused: u32,
    /// Rows and orders that were cancelled.
    #[schema(example = 0)]
    cancelled: u32,
}

/// What the columns of a file were read as.
#[derive(Serialize, ToSchema)]
pub(crate) struct BatchMappingBody {
    /// Columns that are used.
    columns: Vec<BatchColumnBody>,
    /// Headers of the other columns.
    #[schema(example = json!(["Cost centre"]))]
    unused_columns: Vec<String>,
}

/// Column of a file.
#[derive(Serialize, ToSchema)]
pub(crate) struct BatchColumnBody {
    /// Header.
    #[schema(example = "E-Mail")]
    header: String,
    /// Members of the order that it fills, or `row_key`.
    #[schema(example = json!(["user_id"]))]
    members: Vec<String>,
}

/// Pace of a batch.
#[derive(Serialize, ToSchema)]
pub(crate) struct BatchProgressBody {
    /// Rows per minute, on average since the check began, or since the batch was submitted or resumed.
    #[schema(example = 40.0)]
    rate_per_minute: f64,
    /// Seconds until the last row at this pace.
    #[schema(example = 290)]
    seconds_left: u64,
}

/// What was done with a batch.
#[derive(Serialize, ToSchema)]
pub(crate) struct BatchActBody {
    /// Time.
    #[schema(format = DateTime, example = "2026-11-24T07:00:00Z")]
    at: String,
    /// What was done.
    #[schema(value_type = schemas::BatchAct, example = "submitted")]
    act: &'static str,
    /// Caller. `null`: Keyferry.
    #[schema(example = "0c0ffee0-0000-4000-8000-000000000002")]
    by: Option<String>,
    /// Reason that the caller gave.
    #[schema(example = "wrong model")]
    reason: Option<String>,
}

/// Page of batches.
#[derive(Serialize, ToSchema)]
pub(crate) struct BatchesBody {
    /// Batches, newest first.
    batches: Vec<BatchSummaryBody>,
    /// Cursor of the next page. `null` on the last page.
    next_cursor: Option<String>,
}

/// Batch in a list, without the counts of its orders.
#[derive(Serialize, ToSchema)]
pub(crate) struct BatchSummaryBody {
    /// Id of the batch.
    #[schema(format = "uuid", example = "019ac0de-0000-7000-8000-00000000000b")]
    id: String,
    /// Name from the caller.
    #[schema(example = "Berlin, December")]
    name: String,
    /// State.
    #[schema(value_type = schemas::BatchState, example = "checked")]
    state: &'static str,
    /// Time of creation.
    #[schema(format = DateTime, example = "2026-11-24T07:00:00Z")]
    created_at: String,
    /// Caller that created it.
    #[schema(example = "0c0ffee0-0000-4000-8000-000000000002")]
    created_by: String,
    /// Number of rows.
    #[schema(example = 200)]
    total: u32,
}

impl BatchesBody {
    pub(crate) fn new(batches: Vec<StoredBatch>, next_cursor: Option<String>) -> Self {
        let batches = batches.into_iter().map(|StoredBatch { batch, .. }| BatchSummaryBody {
            id: batch.id.to_string(),
            state: batch.state.name().as_str(),
            created_at: rfc3339(batch.created_at),
            created_by: batch.created_by.to_string(),
            total: batch.total,
            name: batch.name,
        });
        Self { batches: batches.collect(), next_cursor }
    }
}

impl From<BatchView> for BatchBody {
    fn from(view: BatchView) -> Self {
        let rows = BatchRowsBody::new(&view);
        let Batch { id, name, created_by, created_at, state, columns, read, checked, acts, .. } = view.batch;
        let (used, unused): (Vec<_>, Vec<_>) = columns.into_iter().partition(|column| !column.members.is_empty());
        let used = used.into_iter().map(|column| BatchColumnBody { header: column.header, members: column.members });
        let findings = read.into_iter().chain(checked).map(RowFindingBody::from);
        Self {
            id: id.to_string(),
            name,
            state: state.name().as_str(),
            created_at: rfc3339(created_at),
            created_by: created_by.to_string(),
            rows,
            mapping: BatchMappingBody {
                columns: used.collect(),
                unused_columns: unused.into_iter().map(|column| column.header).collect(),
            },
            findings: findings.collect(),
            progress: view.progress.map(|BatchProgress { rate_per_minute, seconds_left }| BatchProgressBody {
                rate_per_minute: (rate_per_minute * 10.0).round() / 10.0,
                seconds_left,
            }),
            history: acts.into_iter().map(BatchActBody::from).collect(),
        }
    }
}

impl From<BatchAct> for BatchActBody {
    fn from(act: BatchAct) -> Self {
        let by = act.by.as_ref().map(Caller::to_string);
        Self { at: rfc3339(act.at), act: act.act.as_str(), by, reason: act.reason }
    }
}

impl BatchRowsBody {
    fn new(view: &BatchView) -> Self {
        let BatchView { batch, rows, shipments, .. } = view;
        let phase = |phase| shipments.phases.get(&phase).copied().unwrap_or_default();
        let checked = match &batch.state {
            BatchState::Uploading | BatchState::Draft => 0,
            BatchState::Checking(run) => run.checked,
            _ => batch.total,
        };
        let queued = rows.of(RowState::Queued);
        let sent = shipments.left();
        Self {
            total: batch.total,
            checked,
            errors: rows.errors,
            warnings: rows.warnings,
            invalid: rows.of(RowState::Invalid),
            to_send: rows.of(RowState::Ready),
            queued,
            waiting: phase(PhaseName::Queued) + phase(PhaseName::Submitting),
            awaiting_address: shipments.awaits_address,
            sent,
            complete: phase(PhaseName::Complete),
            needs_human: shipments.needs_human,
            refused: rows.of(RowState::Refused) + phase(PhaseName::Refused),
            cancelled: rows.of(RowState::Cancelled) + phase(PhaseName::Cancelled) + phase(PhaseName::Cancelling),
        }
    }
}
