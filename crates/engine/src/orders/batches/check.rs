//! Check of the rows of a batch, in pieces.

use futures::try_join;
use keyferry_domain::ports::{MOST_ROWS, RowFilter, StoreError};
use keyferry_domain::{
    Batch, BatchId, BatchRow, BatchState, CheckRun, Lane, NewRow, OrderInfo, RowFinding, RowOrder, RowState, Severity,
};

use super::acts::change;
use super::error::BatchError;
use super::upload::unreadable_order;
use crate::context::Context;
use crate::orders::preflight::{CheckRow, Examined, Preflight, PreflightOptions, PreflightSession};

/// Rows of one step. Few, so that progress is seen and a cancellation is noticed.
const STEP: u32 = 20;

/// Check that this process runs.
#[derive(Default)]
pub(super) struct Checks(Option<Running>);

struct Running {
    batch: BatchId,
    /// Last row that the session knows.
    after: u32,
    session: PreflightSession,
    /// Rows after it that were examined already, while the step before waited for calls about passkeys.
    ahead: Option<Page>,
}

impl Checks {
    /// Checks the next rows of the batch. Returns whether there is more to do.
    pub(super) async fn step(
        &mut self,
        context: &Context,
        preflight: &Preflight,
        batch: &Batch,
    ) -> Result<bool, BatchError> {
        let BatchState::Checking(run) = &batch.state else { return Ok(false) };
        let mut running = self.session(context, preflight, batch.id, run).await?;
        let page = match running.ahead.take() {
            Some(page) => page,
            None => Lane::Bulk.scope(Page::read(context, &running.session, batch.id, run.after)).await?,
        };
        let Some(last) = page.last else {
            let findings: Vec<_> = running.session.general().into_iter().map(RowFinding::from).collect();
            let ended = change(context, batch.id, |batch| match batch.state {
                BatchState::Checking(_) => Ok(batch.end_check(findings.clone(), context.now())?),
                _ => Ok(batch),
            });
            ended.await?;
            tracing::info!(batch = %batch.id, rows = run.checked, "check of batch finished");
            return Ok(true);
        };
        let checked = page.read;
        let rows = Lane::Bulk.scope(running.check(context, page, last)).await?;
        context.ports.batches.update_rows(batch.id, &rows).await?;
        change(context, batch.id, |mut batch| {
            match &mut batch.state {
                BatchState::Checking(now) if now.after == run.after && now.started_at == run.started_at => {
                    now.after = last;
                    now.checked += checked;
                }
                _ => {}
            }
            Ok(batch)
        })
        .await?;
        running.after = last;
        self.0 = Some(running);
        Ok(true)
    }

    /// Returns the session of the batch. After a restart, the rows that were checked before are noted in a new one, so
    /// that later rows are compared with them.
    async fn session(
        &mut self,
        context: &Context,
        preflight: &Preflight,
        batch: BatchId,
        run: &CheckRun,
    ) -> Result<Running, StoreError> {
        if let Some(running) = self.0.take_if(|running| running.batch == batch && running.after == run.after) {
            return Ok(running);
        }
        let options =
            PreflightOptions { may_be_privileged: run.may_be_privileged, shows_shipments: true, time_limit: None };
        let mut running = Running { batch, after: 0, session: preflight.session(options), ahead: None };
        let filter = RowFilter { orders: true, ..RowFilter::default() };
        while running.after < run.after {
            let rows = context.ports.batches.rows(batch, &filter, running.after, 500).await?;
            let Some(last) = rows.last().map(|row| row.row.row) else { break };
            let before = rows.into_iter().filter(|row| row.row.row <= run.after);
            for (row, order) in before.filter_map(decoded) {
                running.session.note(&order, row.has(Severity::Error));
            }
            running.after = last.min(run.after);
        }
        running.after = run.after;
        Ok(running)
    }
}

fn decoded(row: NewRow) -> Option<(BatchRow, CheckRow)> {
    let NewRow { row, order } = row;
    let check = check_row(row.row, order.as_ref().and_then(RowOrder::decode)?);
    Some((row, check))
}

pub(super) fn check_row(row: u32, RowOrder { order, info, additional }: RowOrder) -> CheckRow {
    let OrderInfo { needed_by, not_before, address_by, .. } = info;
    CheckRow { row: u64::from(row), order, additional, address_by, needed_by, not_before }
}

impl Running {
    /// Checks the rows, and returns them with their new findings and states. Meanwhile, reads and examines those after
    /// `last`: calls about passkeys are limited most, and would otherwise wait for everything else.
    async fn check(&mut self, context: &Context, page: Page, last: u32) -> Result<Vec<BatchRow>, StoreError> {
        let Page { mut rows, places, orders, mut examined, .. } = page;
        let passkeys = async {
            self.session.check_passkeys(&orders, &mut examined).await;
            Ok(())
        };
        let ((), ahead) = try_join!(passkeys, Page::read(context, &self.session, self.batch, last))?;
        self.ahead = Some(ahead);
        let found = self.session.conclude(&orders, examined);
        for (place, findings) in places.into_iter().zip(found) {
            if let Some(row) = rows.get_mut(place) {
                row.checked.extend(findings.into_iter().map(RowFinding::from));
            }
        }
        for row in &mut rows {
            row.state = if row.has(Severity::Error) { RowState::Invalid } else { RowState::Ready };
        }
        Ok(rows)
    }
}

/// Rows of one step.
struct Page {
    /// Last row that was read. `None`: there are no more rows.
    last: Option<u32>,
    /// Number of rows that were read.
    read: u32,
    /// Rows to check, without their earlier findings.
    rows: Vec<BatchRow>,
    /// Orders of these rows, with the place of each order's row.
    orders: Vec<CheckRow>,
    places: Vec<usize>,
    examined: Examined,
}

impl Page {
    /// Reads the rows after the given one, and examines their orders.
    async fn read(
        context: &Context,
        session: &PreflightSession,
        batch: BatchId,
        after: u32,
    ) -> Result<Self, StoreError> {
        let filter = RowFilter { orders: true, ..RowFilter::default() };
        let read = context.ports.batches.rows(batch, &filter, after, STEP).await?;
        debug_assert!(read.len() <= MOST_ROWS, "a step fits into one update");
        let last = read.last().map(|row| row.row.row);
        let number = u32::try_from(read.len()).unwrap_or(STEP);
        let open = read.into_iter().filter(|row| matches!(row.row.state, RowState::Ready | RowState::Invalid));
        let (mut rows, mut places, mut orders) = (Vec::new(), Vec::new(), Vec::new());
        for NewRow { mut row, order } in open {
            row.checked.clear();
            match order.as_ref().and_then(RowOrder::decode) {
                Some(order) => {
                    places.push(rows.len());
                    orders.push(check_row(row.row, order));
                }
                None if row.has(Severity::Error) => {}
                None => row.checked.push(unreadable_order()),
            }
            rows.push(row);
        }
        let examined = session.examine(&orders).await;
        Ok(Self { last, read: number, rows, orders, places, examined })
    }
}
