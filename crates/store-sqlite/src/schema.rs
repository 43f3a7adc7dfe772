//! Schema of the database, and its migrations.

use std::path::Path;

use rusqlite::Transaction;

use crate::Error;

/// Migrations in order. The number of applied migrations is stored in SQLite's `user_version`. A released migration
/// must never be changed.
const MIGRATIONS: &[&str] = &[include_str!("../migrations/0001.sql"), include_str!("../migrations/0002.sql")];

/// Applies pending migrations. Fails if the schema is newer than this version of Keyferry.
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
