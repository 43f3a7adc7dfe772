//! Change of the content of one row, before the batch is submitted.
//!
//! Rows are written without conditions, and who submits a batch confirms the number of its orders. So a change first
//! marks the batch: until the mark is removed, the batch is neither checked nor submitted nor cancelled, nor is another
//! row changed. The slow part, the check, is done before.

use std::time::Duration;

use keyferry_domain::ports::{RowFilter, StoreError, StoredBatch};
use keyferry_domain::{
    Batch, BatchId, BatchRow, BatchState, Caller, CheckCode, LONGEST_ROW_CHANGE, Member, NewRow, OrderFinding,
    RowChange, RowContent, RowFinding, RowOrder, RowState, Severity, Term, UserKey, UserRef,
};

use super::check::check_row;
use super::error::BatchError;
use super::rows::ResultRow;
use super::upload::UploadRow;
use crate::context::Context;
use crate::orders::preflight::{Preflight, PreflightOptions};

/// Attempts to mark a batch that others change at the same time.
const ATTEMPTS: usize = 10;

/// Pause before the next attempt.
const PAUSE: Duration = Duration::from_millis(200);

/// Longest time of the check of one row. The rest is reported as not checked.
const LONGEST_CHECK: Duration = Duration::from_secs(20);

/// Rows that are compared at once.
const PAGE: u32 = 500;

/// Row with its content.
#[derive(Debug)]
pub struct RowContents {
    /// The row.
    pub row: BatchRow,
    /// Its order, if it contains a valid one that is not sent.
    pub order: Option<RowOrder>,
    /// What it contains otherwise, in the form of the caller that stored it.
    pub content: Option<String>,
}

/// Reads a row with its content.
pub(super) async fn row(context: &Context, id: BatchId, number: u32) -> Result<RowContents, BatchError> {
    let NewRow { row, order } = find(context, id, number).await?;
    let content = order.as_ref().and_then(RowContent::decode).map(|stored| stored.content);
    Ok(RowContents { row, order: order.as_ref().and_then(RowOrder::decode), content })
}

async fn find(context: &Context, id: BatchId, number: u32) -> Result<NewRow, BatchError> {
    let filter = RowFilter { orders: true, ..RowFilter::default() };
    let before = number.checked_sub(1).ok_or(BatchError::NoRow(id, number))?;
    let found = context.ports.batches.rows(id, &filter, before, 1).await?.pop();
    found.filter(|found| found.row.row == number).ok_or(BatchError::NoRow(id, number))
}

/// Replaces the content of a row.
pub(super) async fn change_row(
    context: &Context,
    preflight: &Preflight,
    id: BatchId,
    mut given: UploadRow,
    by: &Caller,
    may_be_privileged: bool,
) -> Result<ResultRow, BatchError> {
    let found = context.ports.batches.batch(id).await?;
    let seen = found.ok_or(BatchError::NotFound(id))?.batch;
    seen.clone().begin_row_change(context.now())?;
    let old = find(context, id, given.row).await?.row;
    given.key = given.key.or(old.key);
    let order = given.order.clone();
    let mut new = given.into_new(old.shipment);
    new.row.changed = Some(RowChange { at: context.now(), by: by.clone() });
    let compared = compare(context, id, &new.row, order.as_ref()).await?;
    new.row.read.extend(compared.key);
    if let (BatchState::Checked { .. }, Some(order)) = (&seen.state, order) {
        let options = PreflightOptions { may_be_privileged, shows_shipments: true, time_limit: Some(LONGEST_CHECK) };
        let mut session = preflight.session(options);
        let found = session.check(&[check_row(new.row.row, order)]).await.into_iter().flatten();
        // What could not be checked for this row, unless that holds for the whole batch.
        let general = session.general().into_iter().map(RowFinding::from);
        let general = general.filter(|finding| !seen.checked.contains(finding));
        new.row.checked = found.map(RowFinding::from).chain(general).collect();
        new.row.checked.extend(compared.user.map(RowFinding::from));
    }
    if new.row.has(Severity::Error) {
        new.row.state = RowState::Invalid;
    }
    write(context, id, &seen, &new).await?;
    let state = new.row.state.as_str();
    tracing::info!(batch = %id, row = new.row.row, state, caller = %by, "row of batch changed");
    Ok(ResultRow { row: new.row, shipment: None })
}

/// Writes the row, while the batch is marked.
async fn write(context: &Context, id: BatchId, seen: &Batch, new: &NewRow) -> Result<(), BatchError> {
    for _ in 0..ATTEMPTS {
        let found = context.ports.batches.batch(id).await?;
        let StoredBatch { batch, version } = found.ok_or(BatchError::NotFound(id))?;
        let now = context.now();
        if batch.has_row_change(now) {
            context.ports.clock.sleep(PAUSE).await;
            continue;
        }
        let marked = batch.begin_row_change(now)?;
        if marked.state != seen.state {
            // Checked again since: the findings of this change could be older than the others.
            return Err(BatchError::Busy);
        }
        let began = context.ports.clock.monotonic();
        match context.ports.batches.commit_batch(&marked, &version).await {
            Ok(_) => {}
            Err(StoreError::Conflict(_)) => continue,
            Err(error) => return Err(error.into()),
        }
        // A process that slept for so long would write into a batch that was submitted meanwhile.
        let is_late = || {
            let age = context.ports.clock.monotonic().saturating_sub(began);
            age * 2 > LONGEST_ROW_CHANGE.to_std().unwrap_or_default()
        };
        let written = match is_late() {
            true => Err(BatchError::Busy),
            false => context.ports.batches.replace_row(id, new).await.map_err(BatchError::from),
        };
        unmark(context, id, now).await;
        return match written? {
            true => Ok(()),
            false => Err(BatchError::NoRow(id, new.row.row)),
        };
    }
    Err(BatchError::Busy)
}

/// Removes the mark. If that fails, the mark ends by itself.
async fn unmark(context: &Context, id: BatchId, since: keyferry_domain::Timestamp) {
    for _ in 0..ATTEMPTS {
        let removed = async {
            let Some(StoredBatch { batch, version }) = context.ports.batches.batch(id).await? else { return Ok(()) };
            let unmarked = batch.clone().end_row_change(since);
            match unmarked == batch {
                true => Ok(()),
                false => context.ports.batches.commit_batch(&unmarked, &version).await.map(drop),
            }
        };
        match removed.await {
            Ok(()) => return,
            Err(StoreError::Conflict(_)) => {}
            Err(error) => {
                tracing::warn!(batch = %id, %error, "could not end the change of a row; it ends in two minutes");
                return;
            }
        }
    }
}

/// Findings of a comparison with all other rows.
#[derive(Default)]
struct Compared {
    key: Option<RowFinding>,
    user: Option<OrderFinding>,
}

/// Compares key and user of a row with those of all others. Users are compared as the rows name them.
async fn compare(
    context: &Context,
    id: BatchId,
    row: &BatchRow,
    order: Option<&RowOrder>,
) -> Result<Compared, BatchError> {
    let person = |user: &UserRef| Term::person(&UserKey::from(user));
    let user = order.filter(|order| !order.additional).map(|order| person(&order.order.user));
    let one_order = context.settings.one_open_order_per_user;
    let (mut compared, mut after) = (Compared::default(), 0);
    loop {
        let others = context.ports.batches.rows(id, &RowFilter::default(), after, PAGE).await?;
        let Some(last) = others.last().map(|other| other.row.row) else { return Ok(compared) };
        for NewRow { row: other, .. } in others.iter().filter(|other| other.row.row != row.row) {
            if compared.key.is_none() && row.key.is_some() && other.key == row.key {
                compared.key = Some(repeated_key(other.row));
            }
            let counts = other.state == RowState::Ready || other.row < row.row;
            let same = || UserRef::parse(&other.user).map(|user| person(&user)) == user;
            if compared.user.is_none() && user.is_some() && counts && same() {
                let code = if one_order { CheckCode::RepeatedUser } else { CheckCode::HasKey };
                let message = format!("Row {} is for the same user", other.row);
                compared.user = Some(OrderFinding::new(code, Member::User, message));
            }
        }
        if others.len() < PAGE as usize {
            return Ok(compared);
        }
        after = last;
    }
}

fn repeated_key(other: u32) -> RowFinding {
    RowFinding {
        severity: Severity::Error,
        code: "repeated-key".to_owned(),
        member: None,
        message: format!("row {other} has the same row key"),
        remedy: "Give every row a key of its own, or remove one of the rows.".to_owned(),
    }
}
