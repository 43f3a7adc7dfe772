//! Reading the head of the feed.

use keyferry_domain::ports::StoreError;

use super::head::{Head, POSITION, position};
use super::{TableStore, layout, partition};

impl TableStore {
    /// Reads the head. If its row is missing, the position is that of the last event in the feed.
    pub(super) async fn read_head(&self) -> Result<Head, StoreError> {
        if let Some(row) = self.service.row(partition::SHIPMENTS, layout::HEAD).await? {
            let position = position(row.text(POSITION)).ok_or_else(|| {
                StoreError::Unavailable(format!(
                    "column `{POSITION}` of row `{}` is not a number. Set it to the number of the last row \
                     `sys-feed-…`, without leading zeros",
                    layout::HEAD
                ))
            })?;
            return Ok(Head { etag: Some(row.etag), position });
        }
        let rows = self.service.all_keys(layout::feed_rows()).await?;
        let last = rows.last().and_then(|row| row.key().rsplit('-').next().and_then(position));
        Ok(Head { etag: None, position: last.unwrap_or_default() })
    }
}
