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
        let wanted = filter.terms();
        if sort == ShipmentSort::Id && wanted.is_empty() {
            return self.page_of_ids(filter, after, limit).await;
        }
        let after = after.map(|cursor| Place::parse(sort, cursor)).transpose()?;
        let rows = if wanted.is_empty() {
            self.service.some_rows(&Query::of(summary::COLUMNS, filter::of(filter, None), usize::MAX)).await?.0
        } else {
            let ids = self.indexed(&wanted).await?.into_iter().map(|id| id.to_string());
            let rows = self.rows(&ids.collect::<Vec<_>>()).await?;
            rows.into_iter().filter(|row| terms::has_all(row, filter)).collect()
        };
        let mut found: Vec<_> = rows
            .iter()
            .map(|row| (row, summary::read(row)))
            .filter(|(_, read)| read.as_ref().map_or(true, |summary| filter.matches(summary)))
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
        let text = filter::of(filter, after.map(|cursor| cursor.0.as_str()));
        let (rows, more) = self.service.some_rows(&Query::of(summary::COLUMNS, text, limit)).await?;
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

    /// Reads the summary columns of these rows. Missing rows are left out.
    async fn rows(&self, ids: &[String]) -> Result<Vec<Row>, StoreError> {
        let mut rows = Vec::new();
        for ids in ids.chunks(CONCURRENCY) {
            let read =
                ids.iter().map(|id| self.service.columns_of_row(partition::SHIPMENTS, id, Some(summary::COLUMNS)));
            rows.extend(try_join_all(read).await?.into_iter().flatten());
        }
        Ok(rows)
    }

    /// Counts all shipments. Rows whose phase cannot be read are left out; listings report them.
    pub(super) async fn count(&self) -> Result<Counts, StoreError> {
        let (rows, _) = self.service.some_rows(&Query::of(COUNTED, layout::shipments(None), usize::MAX)).await?;
        let mut counts = Counts::default();
        for row in &rows {
            if let Some(phase) = PhaseName::parse(row.text("phase")) {
                let class = ObstacleClass::parse(row.text("obstacle_class"));
                let obstacle = class.map(|class| (class, row.text("obstacle_code").to_owned()));
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
