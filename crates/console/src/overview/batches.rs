//! Batches that are being checked or ordered, with their pace.

use keyferry_access::Operation;
use keyferry_domain::ports::StoreError;
use keyferry_domain::{BatchStateName, RowState};

use crate::messages::Messages;
use crate::state::ConsoleState;
use crate::visitor::Visitor;

/// Most batches that are shown.
const MOST: u32 = 5;

/// Most batches whose pace is read: it counts their shipments.
const MOST_COUNTED: usize = 2;

/// States of batches that need attention or time.
const RUNNING: [BatchStateName; 3] = [BatchStateName::Checking, BatchStateName::Submitted, BatchStateName::Paused];

/// A batch.
pub(super) struct BatchRow {
    pub(super) name: String,
    pub(super) address: String,
    pub(super) state: &'static str,
    pub(super) tone: &'static str,
    /// Orders that left the queue, of all that are ordered.
    pub(super) sent: Option<(u64, u64)>,
    pub(super) pace: Option<String>,
}

/// Returns the newest batches that are being checked or ordered, or are paused.
pub(super) async fn rows(
    state: &ConsoleState,
    visitor: &Visitor,
    m: &'static Messages,
) -> Result<Vec<BatchRow>, StoreError> {
    if !visitor.may(Operation::ListBatches) {
        return Ok(Vec::new());
    }
    let mut rows = Vec::new();
    let found = state.engine.batches.list(&RUNNING, None, MOST).await?;
    for (index, stored) in found.items.into_iter().enumerate() {
        let batch = stored.batch;
        let name = batch.state.name();
        let view = if index < MOST_COUNTED { state.engine.batches.get(batch.id).await? } else { None };
        let sent = view.as_ref().filter(|_| name != BatchStateName::Checking).map(|view| {
            let ordered = view.rows.of(RowState::Queued) + view.rows.of(RowState::Ready);
            (u64::from(view.shipments.left()), u64::from(ordered))
        });
        let progress = view.and_then(|view| view.progress);
        rows.push(BatchRow {
            address: format!("/console/batches/{}", batch.id),
            name: batch.name,
            state: (m.overview.batch_state)(name),
            tone: if name == BatchStateName::Paused { "alert" } else { "busy" },
            sent,
            pace: progress.map(|progress| (m.overview.pace)(progress.rate_per_minute, progress.seconds_left)),
        });
    }
    Ok(rows)
}
