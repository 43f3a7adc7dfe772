//! The database's schema, one migration after another.

use std::path::Path;

use rusqlite::Transaction;

use crate::Error;

/// In order; the number of those applied is SQLite's `user_version`. One that was released is never changed.
const MIGRATIONS: &[&str] = &[include_str!("../migrations/0001.sql")];

/// Brings the schema up to date, or refuses one that is newer than ours.
pub(crate) fn migrate(transaction: &Transaction<'_>, database: &Path) -> Result<(), Error> {
    let failed = |source| Error::Database { database: database.to_owned(), source };
    let known = MIGRATIONS.len();
    let found: i64 = transaction.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(failed)?;
    let Some(pending) = usize::try_from(found).ok().and_then(|applied| MIGRATIONS.get(applied..)) else {
        return Err(Error::NewerSchema { database: database.to_owned(), found, known: known as i64 });
    };
    for migration in pending {
        transaction.execute_batch(migration).map_err(failed)?;
    }
    transaction.pragma_update(None, "user_version", known as i64).map_err(failed)
}
