//! Schema of the database, and its migrations.

use std::path::{Path, PathBuf};

use rusqlite::Connection;

use crate::{Error, SqliteOptions, connection, files};

/// Migrations in order. The number of applied migrations is stored in SQLite's `user_version`. A released migration
/// must never be changed.
pub(crate) const MIGRATIONS: &[&str] = &[
    include_str!("../migrations/0001.sql"),
    include_str!("../migrations/0002.sql"),
    include_str!("../migrations/0003.sql"),
    include_str!("../migrations/0004.sql"),
    include_str!("../migrations/0005.sql"),
    include_str!("../migrations/0006.sql"),
    include_str!("../migrations/0007.sql"),
    include_str!("../migrations/0008.sql"),
];

/// Returns the number of applied migrations.
pub(crate) fn version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

/// Applies pending migrations in the current transaction. Returns whether there were any. Fails if the schema is newer
/// than this version of Keyferry.
pub(crate) fn migrate(transaction: &Connection, database: &Path, migrations: &[&str]) -> Result<bool, Error> {
    let failed = |source| Error::Database { database: database.to_owned(), source };
    let known = migrations.len();
    let found = version(transaction).map_err(failed)?;
    let Some(pending) = usize::try_from(found).ok().and_then(|applied| migrations.get(applied..)) else {
        return Err(Error::NewerSchema { database: database.to_owned(), found, known: known as i64 });
    };
    for migration in pending {
        transaction.execute_batch(migration).map_err(failed)?;
    }
    transaction.pragma_update(None, "user_version", known as i64).map_err(failed)?;
    Ok(!pending.is_empty())
}

/// Copies the database before a migration is committed, with the data as they were before, and returns the path of the
/// copy. The caller holds the write lock, so the copy misses nothing.
///
/// With the copy, an operator can go back to the version that wrote it.
pub(crate) fn copy(options: &SqliteOptions, from: i64) -> Result<PathBuf, Error> {
    let at = options.clock.now().format("%Y%m%dT%H%M%S%.6fZ");
    let copy = options.directory.join(format!("keyferry-schema-{from}-{at}.db"));
    // SQLite accepts an empty file, and keeps its mode.
    files::make_new_file(&copy)?;
    let written = connection::open(&options.database(), connection::BUSY)
        .and_then(|connection| connection.execute("VACUUM INTO ?1", [copy.to_string_lossy()]));
    if let Err(source) = written {
        files::remove(&copy);
        return Err(Error::Copy { copy, source });
    }
    // SQLite does not sync the copy.
    files::sync(&copy)?;
    tracing::info!(
        copy = %copy.display(),
        schema = from,
        remedy = "delete it once the new version works; to go back, stop Keyferry and move it to `keyferry.db`",
        "copied database before changing its schema"
    );
    Ok(copy)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;
    use std::path::Path;
    use std::sync::Arc;

    use async_trait::async_trait;
    use keyferry_domain::{Clock, ShipmentStore as _, Timestamp};

    use super::*;
    use crate::SqliteStore;

    const NEXT: &str = "ALTER TABLE fprshipments ADD COLUMN note TEXT";

    struct FixedClock;

    #[async_trait]
    impl Clock for FixedClock {
        fn now(&self) -> Timestamp {
            Timestamp::from_timestamp(1_790_000_100, 0).unwrap()
        }

        async fn sleep(&self, _: std::time::Duration) {}
    }

    fn options(directory: &Path) -> SqliteOptions {
        SqliteOptions { check_disk: false, ..SqliteOptions::new(directory, "tenant", Arc::new(FixedClock)) }
    }

    fn copies(directory: &Path) -> Vec<PathBuf> {
        let files = fs::read_dir(directory).unwrap().map(|file| file.unwrap().path());
        files.filter(|path| path.to_string_lossy().contains("-schema-")).collect()
    }

    fn open(directory: &Path, next: &str) -> Result<SqliteStore, Error> {
        SqliteStore::open_with(options(directory), &[MIGRATIONS, &[next]].concat())
    }

    #[tokio::test]
    async fn migration_keeps_a_copy_that_the_earlier_version_opens() {
        let directory = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(options(directory.path())).unwrap();
        let change = keyferry_conformance::samples::accepted();
        store.insert(&change).await.unwrap();
        // The change is in the write-ahead log only.
        let newer = open(directory.path(), NEXT).unwrap();
        drop((store, newer));
        drop(open(directory.path(), NEXT).unwrap());
        let found = copies(directory.path());
        let [copy] = &found[..] else { panic!("{found:?}") };
        assert_eq!(copy.file_name().unwrap(), "keyferry-schema-8-20260921T141500.000000Z.db");
        assert_eq!(fs::metadata(copy).unwrap().permissions().mode() & 0o777, 0o600);

        let error = SqliteStore::open(options(directory.path())).err().unwrap();
        assert!(matches!(error, Error::NewerSchema { found: 9, known: 8, .. }), "{error}");
        fs::rename(copy, directory.path().join("keyferry.db")).unwrap();
        let store = SqliteStore::open(options(directory.path())).unwrap();
        assert_eq!(store.get(change.shipment().id()).await.unwrap().unwrap().shipment(), change.shipment());
    }

    #[test]
    fn new_database_is_not_copied() {
        let directory = tempfile::tempdir().unwrap();
        drop(open(directory.path(), NEXT).unwrap());
        assert_eq!(copies(directory.path()), [] as [PathBuf; 0]);
    }

    #[test]
    fn failed_migration_changes_nothing_and_leaves_no_copy() {
        let directory = tempfile::tempdir().unwrap();
        drop(SqliteStore::open(options(directory.path())).unwrap());
        assert!(open(directory.path(), "ALTER TABLE missing ADD COLUMN note TEXT").is_err());
        let mut other = options(directory.path());
        other.tenant = "another".to_owned();
        assert!(SqliteStore::open_with(other, &[MIGRATIONS, &[NEXT]].concat()).is_err());
        assert_eq!(copies(directory.path()), [] as [PathBuf; 0]);
        drop(SqliteStore::open(options(directory.path())).unwrap());
    }
}
