//! Reading and counting of rows.

use futures::future::try_join_all;
use keyferry_domain::ports::{RowFilter, StoreError};
use keyferry_domain::{BatchId, BatchRow, NewRow, RowCounts, SecretBytes};

use super::super::TableStore;
use super::super::columns::Row;
use super::super::service::Query;
use super::{layout, record};

/// Rows that are counted with the first call: as many as the service returns at once.
const FIRST: usize = 1_000;

/// Ranges of numbers that are counted at the same time after it, and the numbers in each of them but the last.
const RANGES: u32 = 8;
const RANGE: u32 = 12_500;

/// Returns the purpose that binds a sealed order to its row and to its shipment.
pub(super) fn purpose(batch: BatchId, row: &BatchRow) -> String {
    format!("keyferry batch row 1 {batch} {} {}", row.row, row.shipment)
}

impl TableStore {
    pub(super) async fn batch_rows(
        &self,
        batch: BatchId,
        filter: &RowFilter,
        after: u32,
        limit: u32,
    ) -> Result<Vec<NewRow>, StoreError> {
        let (text, limit) = (layout::rows(batch, filter, after), limit.max(1) as usize);
        let query = match filter.orders {
            true => Query::new(text, limit),
            false => Query::of(record::WITHOUT_ORDER, text, limit),
        };
        let mut rows = Vec::new();
        for found in self.service.some_rows(&query).await?.0 {
            let row = record::read_row(batch, &found)?;
            let order = if filter.orders { self.open_order(batch, &row, &found).await? } else { None };
            rows.push(NewRow { row, order });
        }
        Ok(rows)
    }

    /// Returns the opened order. `None`: there is none, or it cannot be opened, which is logged.
    async fn open_order(&self, batch: BatchId, row: &BatchRow, found: &Row) -> Result<Option<SecretBytes>, StoreError> {
        let Some((key, sealed)) = record::sealed(found) else { return Ok(None) };
        let reason = match sealed {
            Ok(sealed) => match self.sealing.open(key, &purpose(batch, row), &sealed).await? {
                Some(order) => return Ok(Some(order)),
                None => "its key is not in the vault, or it was changed since".to_owned(),
            },
            Err(reason) => reason,
        };
        let key = keyferry_http::clean(key);
        tracing::error!(%batch, row = row.row, key, reason, "could not open order of batch row");
        Ok(None)
    }

    /// Counts the rows. The number of calls is about one for each 1000 rows; most of them are made at the same time.
    pub(super) async fn count_batch_rows(&self, batch: BatchId) -> Result<RowCounts, StoreError> {
        let mut counts = RowCounts::default();
        let first = Query::of(record::COUNTED, layout::all_rows(batch), FIRST);
        let (rows, more) = self.service.some_rows(&first).await?;
        count(&mut counts, &rows);
        if let Some(last) = rows.last().filter(|_| more).and_then(|row| layout::number(row.key())) {
            let ranges = (0..RANGES).map(|range| {
                let after = last.saturating_add(range * RANGE);
                let end = if range + 1 == RANGES { u32::MAX } else { after.saturating_add(RANGE) };
                let filter = layout::rows_between(batch, after, end);
                async move { self.service.some_rows(&Query::of(record::COUNTED, filter, usize::MAX)).await }
            });
            for (rows, _) in try_join_all(ranges).await? {
                count(&mut counts, &rows);
            }
        }
        Ok(counts)
    }
}

/// Adds the rows. A row whose state cannot be read is left out; reading the rows reports it.
fn count(counts: &mut RowCounts, rows: &[Row]) {
    for row in rows {
        if let Some(state) = record::state(row) {
            *counts.states.entry(state).or_default() += 1;
            let [errors, warnings] = record::has_findings(row);
            counts.errors += u32::from(errors);
            counts.warnings += u32::from(warnings);
        }
    }
}
