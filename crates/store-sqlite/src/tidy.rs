//! Release of space, and removal of purged secrets from the write-ahead log.

use std::time::Duration;

use rusqlite::Connection;

use crate::connection::BUSY;

/// Pages that one step releases. A step holds the write lock for some milliseconds.
const STEP: u32 = 256;

/// Moves free pages to the end of the file, and truncates the file by them with the next checkpoint. Returns whether
/// there is more to do.
pub(crate) fn release_pages(connection: &Connection) -> rusqlite::Result<bool> {
    let free = || connection.pragma_query_value(None, "freelist_count", |row| row.get::<_, i64>(0));
    let before = free()?;
    // SQLite releases one page for each row that is read.
    let mut statement = connection.prepare(&format!("PRAGMA incremental_vacuum({STEP})"))?;
    let mut rows = statement.query([])?;
    while rows.next()?.is_some() {}
    let after = free()?;
    Ok(after > 0 && after < before)
}

/// Copies the write-ahead log into the database, and truncates the log if nobody reads it. Does not wait: a reader of
/// another process can stay for hours, and the log is copied as far as that reader permits.
///
/// The log contains purged secrets until it is truncated. They are sealed, and their key is in another file.
pub(crate) fn shorten_log(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(Duration::ZERO)?;
    let read = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, bool>(0));
    connection.busy_timeout(BUSY)?;
    if read? {
        tracing::debug!("could not truncate write-ahead log because it is in use; the next clean-up tries again");
    }
    Ok(())
}
