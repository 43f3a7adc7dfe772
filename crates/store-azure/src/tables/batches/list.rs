//! Listing of batches.

use keyferry_domain::ports::{Cursor, Page, StoreError, StoredBatch};
use keyferry_domain::{BatchId, BatchStateName};

use super::super::TableStore;
use super::super::service::Query;
use super::{layout, record};

impl TableStore {
    pub(super) async fn list_batches(
        &self,
        states: &[BatchStateName],
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<StoredBatch>, StoreError> {
        let broken_cursor =
            || StoreError::Broken { id: "the cursor".to_owned(), reason: "it is not the id of a batch".to_owned() };
        let after = after.map(|cursor| BatchId::parse(&cursor.0).ok_or_else(broken_cursor)).transpose()?;
        let query = Query::new(layout::batches(states, after), limit.max(1) as usize);
        let (rows, more) = self.service.some_rows(&query).await?;
        let next = rows.last().filter(|_| more).map(|row| Cursor(row.text("batch").to_owned()));
        let mut page = Page { next, ..Page::default() };
        for row in &rows {
            match record::read_batch(row) {
                Ok(batch) => page.items.push(batch),
                Err(reason) => page.broken.push((keyferry_http::clean(row.text("batch")), reason)),
            }
        }
        Ok(page)
    }
}
