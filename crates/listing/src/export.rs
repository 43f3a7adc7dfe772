//! Everything that matches, page by page, so that memory does not grow with the number of shipments.

use std::io;

use futures::{Stream, StreamExt as _, stream};
use keyferry_domain::ports::{Cursor, Page, ShipmentFilter, ShipmentSort, StoreError, Summary};
use keyferry_engine::Engine;

/// Number of shipments that are in memory at once.
const PAGE: u32 = 500;

/// What is left to export.
struct Rest<W> {
    engine: Engine,
    filter: ShipmentFilter,
    sort: ShipmentSort,
    after: Option<Cursor>,
    write: W,
    /// Whether nothing was written yet.
    is_first: bool,
    is_done: bool,
}

/// Returns the bytes of a file with all matching shipments. `write` returns the part of the file for a page; its second
/// argument is whether the page is the first one.
///
/// The stream reads the store while it is read. If the store fails on the way, the stream ends with an error, so that a
/// part is not taken for the whole.
///
/// # Errors
/// The first page could not be read.
pub async fn export<W>(
    engine: &Engine,
    filter: ShipmentFilter,
    sort: ShipmentSort,
    write: W,
) -> Result<impl Stream<Item = io::Result<Vec<u8>>> + use<W>, StoreError>
where
    W: FnMut(Page<Summary>, bool) -> io::Result<Vec<u8>>,
{
    let engine = engine.clone();
    let mut rest = Rest { engine, filter, sort, after: None, write, is_first: true, is_done: false };
    let first = rest.read().await?;
    let first = rest.written(first);
    let more = stream::try_unfold(rest, async |mut rest: Rest<W>| {
        if rest.is_done {
            return Ok(None);
        }
        match rest.read().await {
            Ok(page) => Ok(Some((rest.written(page)?, rest))),
            Err(error) => {
                tracing::warn!(%error, "could not read the rest of an export; the response ends early");
                Err(io::Error::other("the store failed"))
            }
        }
    });
    Ok(stream::once(async { first }).chain(more))
}

impl<W: FnMut(Page<Summary>, bool) -> io::Result<Vec<u8>>> Rest<W> {
    async fn read(&mut self) -> Result<Page<Summary>, StoreError> {
        let page = self.engine.views.list(&self.filter, self.sort, self.after.as_ref(), PAGE).await?;
        self.after.clone_from(&page.next);
        self.is_done = page.next.is_none();
        Ok(page)
    }

    fn written(&mut self, page: Page<Summary>) -> io::Result<Vec<u8>> {
        (self.write)(page, std::mem::replace(&mut self.is_first, false))
    }
}
