//! Listing and counting of shipments.

use futures::future::try_join_all;
use keyferry_domain::ports::{Counts, Cursor, Page, ShipmentFilter, ShipmentSort, StoreError, Summary};
use keyferry_domain::{ObstacleClass, PhaseName};

use super::columns::Row;
use super::service::Query;
use super::sort::Place;
use super::{TableStore, filter, layout, partition, summary, terms};

/// Maximum number of rows in one page.
const PAGE: u32 = 200;

/// Number of shipments up to which each is read with its own request. More are found among all between the first and
/// the last.
const READ_SINGLY: usize = 100;

/// Number of concurrent reads.
const CONCURRENCY: usize = 8;

/// Columns needed for counting.
const COUNTED: &str = "PartitionKey,RowKey,Timestamp,phase,obstacle_class,obstacle_code";

impl TableStore {
    /// Returns a page of summaries. The service sorts by row key only; for other orders, this function reads all
    /// matching rows and sorts them.
    pub(super) async fn page(
        &self,
        filter: &ShipmentFilter,
        sort: ShipmentSort,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<Summary>, StoreError> {
        let limit = limit.clamp(1, PAGE) as usize;
        if sort == ShipmentSort::Id && filter.terms().is_empty() {
            return self.page_of_ids(filter, after, limit).await;
        }
        let after = after.map(|cursor| Place::parse(sort, cursor)).transpose()?;
        let rows = self.matching(filter).await?;
        let mut found: Vec<_> = rows
            .iter()
            .map(|row| (row, summary::read(row)))
            .map(|(row, read)| (Place::of(sort, row.key(), read.as_ref().ok()), row, read))
            .filter(|(place, ..)| after.as_ref().is_none_or(|after| place > after))
            .collect();
        found.sort_by(|(one, ..), (other, ..)| one.cmp(other));
        let more = found.len() > limit;
        found.truncate(limit);
        let mut page =
            Page { next: found.last().filter(|_| more).map(|(place, ..)| place.cursor(sort)), ..Page::default() };
        for (_, row, read) in found {
            put(&mut page, row, read);
        }
        Ok(page)
    }

    async fn page_of_ids(
        &self,
        filter: &ShipmentFilter,
        after: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<Summary>, StoreError> {
        let keys = layout::shipments(after.map(|cursor| cursor.0.as_str()));
        let query = Query::of(summary::COLUMNS, filter::of(filter, keys).text, limit);
        let (rows, more) = self.service.some_rows(&query).await?;
        let next = rows.last().filter(|_| more).map(|row| Cursor(row.key().to_owned()));
        let mut page = Page { next, ..Page::default() };
        for row in &rows {
            let read = summary::read(row);
            if read.as_ref().map_or(true, |summary| filter.matches(summary)) {
                put(&mut page, row, read);
            }
        }
        Ok(page)
    }

    /// Reads the summary columns of all matching rows, and of those that cannot be read.
    async fn matching(&self, filter: &ShipmentFilter) -> Result<Vec<Row>, StoreError> {
        let terms = filter.terms();
        let mut rows = if terms.is_empty() {
            self.all_between(filter, layout::shipments(None)).await?
        } else {
            let ids = self.indexed(&terms).await?;
            match (ids.first(), ids.last()) {
                (Some(first), Some(last)) if ids.len() > READ_SINGLY => {
                    self.all_between(filter, layout::shipments_between(*first, *last)).await?
                }
                _ => self.rows(ids.iter().map(ToString::to_string).collect()).await?,
            }
        };
        rows.retain(|row| {
            terms::has_all(row, filter) && summary::read(row).map_or(true, |summary| filter.matches(&summary))
        });
        Ok(rows)
    }

    async fn all_between(&self, filter: &ShipmentFilter, keys: String) -> Result<Vec<Row>, StoreError> {
        let text = filter::of(filter, keys).text;
        Ok(self.service.some_rows(&Query::of(summary::COLUMNS, text, usize::MAX)).await?.0)
    }

    /// Reads the summary columns of these rows. Missing rows are left out.
    async fn rows(&self, ids: Vec<String>) -> Result<Vec<Row>, StoreError> {
        let mut rows = Vec::new();
        for ids in ids.chunks(CONCURRENCY) {
            let read =
                ids.iter().map(|id| self.service.columns_of_row(partition::SHIPMENTS, id, Some(summary::COLUMNS)));
            rows.extend(try_join_all(read).await?.into_iter().flatten());
        }
        Ok(rows)
    }

    /// Counts matching shipments. Rows whose phase or obstacle cannot be read are left out;
    /// listings report them.
    pub(super) async fn count(&self, filter: &ShipmentFilter) -> Result<Counts, StoreError> {
        let text = filter::of(filter, layout::shipments(None));
        let rows = if text.is_exact {
            self.service.some_rows(&Query::of(COUNTED, text.text, usize::MAX)).await?.0
        } else {
            self.matching(filter).await?
        };
        let mut counts = Counts::default();
        for row in &rows {
            let class = Some(row.text("obstacle_class")).filter(|class| !class.is_empty()).map(ObstacleClass::parse);
            if let (Some(phase), false) = (PhaseName::parse(row.text("phase")), class == Some(None)) {
                let obstacle = class.flatten().map(|class| (class, row.text("obstacle_code").to_owned()));
                *counts.0.entry((phase, obstacle)).or_default() += 1;
            }
        }
        Ok(counts)
    }
}

fn put(page: &mut Page<Summary>, row: &Row, read: Result<Summary, String>) {
    match read {
        Ok(summary) => page.items.push(summary),
        Err(reason) => page.broken.push((keyferry_http::clean(row.key()), reason)),
    }
}
