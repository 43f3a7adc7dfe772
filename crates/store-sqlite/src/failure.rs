//! Failures of work on a connection, and the [`StoreError`]s that callers receive.

use keyferry_domain::ports::StoreError;
use rusqlite::{ErrorCode, ffi};

/// Failure of work on a connection.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Error of SQLite.
    Sqlite(rusqlite::Error),
    /// Error that is complete already.
    Store(StoreError),
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl Failure {
    /// Returns whether another process held the lock until the busy timeout.
    pub(crate) fn is_locked(&self) -> bool {
        matches!(self.code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
    }

    /// Returns whether stored data cannot be read.
    pub(crate) fn is_damage(&self) -> bool {
        match self {
            Self::Sqlite(_) => {
                matches!(self.code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
            }
            Self::Store(error) => matches!(error, StoreError::Damaged(_)),
        }
    }

    /// Converts to the caller's error. `action` states what was tried, for example `read the record of 0196…`.
    ///
    /// SQLite's messages name tables and columns and never contain values.
    pub(crate) fn into_store_error(self, action: &str) -> StoreError {
        let is_damage = self.is_damage();
        match self {
            Self::Store(error) => error,
            Self::Sqlite(error) if is_damage => StoreError::Damaged(format!("SQLite could not {action}: {error}")),
            Self::Sqlite(error) => StoreError::Unavailable(
                explain(&error).unwrap_or_else(|| format!("SQLite could not {action}: {error}")),
            ),
        }
    }

    fn code(&self) -> Option<ErrorCode> {
        match self {
            Self::Sqlite(error) => error.sqlite_error_code(),
            Self::Store(_) => None,
        }
    }
}

/// Returns cause and next step of an error that concerns the whole store.
pub(crate) fn explain(error: &rusqlite::Error) -> Option<String> {
    let code = error.sqlite_extended_error_code()?;
    let text = match error.sqlite_error_code()? {
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => {
            "another process has held the database locked for a second. Find it with `fuser -v keyferry.db` in the \
             data directory, for example an open SQLite shell, and end its transaction"
        }
        ErrorCode::DiskFull => "the disk of the data directory is full. Free space on it, or enlarge it",
        ErrorCode::ReadOnly if code == ffi::SQLITE_READONLY_DBMOVED => {
            "the database file was moved or deleted while it was open. Stop Keyferry, put the file back, and start \
             Keyferry again"
        }
        ErrorCode::ReadOnly => {
            "the database is read-only. Check whether the file system is mounted read-only (after a disk error, the \
             kernel does this), and make the service's user the owner of the data directory and its files"
        }
        ErrorCode::SystemIoFailure => {
            return Some(format!(
                "the disk of the data directory failed while a file was read or written (SQLite code {code}). Check \
                 the kernel's log and the free space of the disk"
            ));
        }
        ErrorCode::CannotOpen => {
            "a file of the data directory cannot be opened. Check its owner and permissions, and the process's limit \
             of open files"
        }
        _ => return None,
    };
    Some(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_cause_has_its_own_message_and_next_step() {
        let expected = [
            (ffi::SQLITE_BUSY, "another process has held the database locked for a second"),
            (ffi::SQLITE_BUSY_RECOVERY, "another process has held the database locked for a second"),
            (ffi::SQLITE_FULL, "the disk of the data directory is full. Free space"),
            (ffi::SQLITE_READONLY, "the database is read-only. Check whether"),
            (ffi::SQLITE_READONLY_DBMOVED, "was moved or deleted while it was open. Stop Keyferry"),
            (ffi::SQLITE_IOERR_FSYNC, "(SQLite code 1034). Check the kernel's log"),
            (ffi::SQLITE_CANTOPEN, "cannot be opened. Check its owner"),
            (ffi::SQLITE_ERROR, "SQLite could not count shipments: "),
        ];
        for (code, text) in expected {
            let error = Failure::from(rusqlite::Error::SqliteFailure(ffi::Error::new(code), None));
            let error = error.into_store_error("count shipments");
            let StoreError::Unavailable(message) = &error else { panic!("{error:?}") };
            assert!(message.contains(text), "{message}");
        }
        for code in [ffi::SQLITE_CORRUPT, ffi::SQLITE_CORRUPT_INDEX, ffi::SQLITE_NOTADB] {
            let error = Failure::from(rusqlite::Error::SqliteFailure(ffi::Error::new(code), None));
            let error = error.into_store_error("count shipments");
            let StoreError::Damaged(message) = &error else { panic!("{error:?}") };
            assert!(message.starts_with("SQLite could not count shipments: "), "{message}");
        }
    }
}
