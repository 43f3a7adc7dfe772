//! Connections to the database.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use crate::Error;

/// How long a statement waits for a transaction of another process.
pub(crate) const BUSY: Duration = Duration::from_secs(1);

/// Number of prepared statements that a connection keeps.
const STATEMENTS: usize = 64;

/// The same while the store is opened: another process may be migrating the database.
const BUSY_AT_START: Duration = Duration::from_secs(10);

/// Opens a connection that can write, and creates the database in an empty file. It waits [`BUSY_AT_START`].
pub(crate) fn writer(database: &Path) -> Result<Connection, Error> {
    let failed = |source| Error::Database { database: database.to_owned(), source };
    let connection = open(database, BUSY_AT_START).map_err(failed)?;
    // Has an effect in an empty file only. Lets the file shrink after a clean-up, without copying it.
    connection.pragma_update(None, "auto_vacuum", "INCREMENTAL").map_err(failed)?;
    let mode: String =
        connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0)).map_err(failed)?;
    if !mode.eq_ignore_ascii_case("wal") {
        return Err(Error::NoWriteAheadLog { database: database.to_owned(), mode });
    }
    // A committed order must survive a power failure. NORMAL, the usual mode with a write-ahead log, may lose it.
    connection.pragma_update(None, "synchronous", "FULL").map_err(failed)?;
    // Overwrites deleted rows, so that purged secrets do not remain in free pages.
    connection.pragma_update_and_check(None, "secure_delete", "ON", |_| Ok(())).map_err(failed)?;
    // Truncates the log when it is started again. Otherwise a write into its old part would succeed on a full disk, and
    // `prove_write` would prove nothing.
    connection.pragma_update_and_check(None, "journal_size_limit", 0, |_| Ok(())).map_err(failed)?;
    Ok(connection)
}

/// Opens a connection that cannot write.
pub(crate) fn reader(database: &Path) -> Result<Connection, Error> {
    let connection = open(database, BUSY).and_then(|connection| {
        connection.pragma_update(None, "query_only", "ON")?;
        Ok(connection)
    });
    connection.map_err(|source| Error::Database { database: database.to_owned(), source })
}

/// Opens a connection with the settings that all connections need.
pub(crate) fn open(database: &Path, busy: Duration) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(database, flags)?;
    connection.busy_timeout(busy)?;
    // All statements of a step stay prepared. The default is 16.
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    // Detects more kinds of damaged pages when they are read, and before they are written.
    connection.pragma_update(None, "cell_size_check", "ON")?;
    connection.pragma_update(None, "trusted_schema", "OFF")?;
    Ok(connection)
}
