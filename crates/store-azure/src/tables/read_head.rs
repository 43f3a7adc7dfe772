//! Reading the head of the feed.

use keyferry_domain::ports::StoreError;
use keyferry_evidence as evidence;

use super::head::{HASH, Head, POSITION};
use super::{TableStore, events, layout, partition};

impl TableStore {
    /// Reads the head. If its row is missing, the newest entry is the last one of the feed, without a checkpoint.
    pub(super) async fn read_head(&self) -> Result<Head, StoreError> {
        if let Some(row) = self.service.row(partition::SHIPMENTS, layout::HEAD).await? {
            return Head::read(row).ok_or_else(|| {
                StoreError::Unavailable(format!(
                    "column `{POSITION}` of row `{}` is not a number. Set it to the number of the last row \
                     `sys-feed-…`, without leading zeros",
                    layout::HEAD
                ))
            });
        }
        let rows = self.service.all_keys(layout::feed_rows()).await?;
        let Some((key, position)) = rows.last().and_then(|row| Some((row.key(), events::position_of(row)?))) else {
            return Ok(Head::start());
        };
        let last = self.service.row(partition::SHIPMENTS, key).await?;
        let hash = last.map(|row| row.text(HASH).to_owned()).unwrap_or_default();
        Ok(Head { newest: evidence::Head { position, hash }, ..Head::start() })
    }
}
