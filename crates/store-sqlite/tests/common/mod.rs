//! Helpers shared by the tests of this store.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use keyferry_domain::{Clock, Timestamp};
use keyferry_store_sqlite::SqliteOptions;

/// Fixed clock.
pub(crate) struct FixedClock;

#[async_trait]
impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_timestamp(1_790_000_100, 0).unwrap()
    }

    async fn sleep(&self, _: Duration) {}
}

pub(crate) const TENANT: &str = "11111111-2222-4333-8444-555555555555";

pub(crate) fn options(directory: &Path) -> SqliteOptions {
    // Tests may run on a container's ephemeral file system.
    SqliteOptions { check_disk: false, ..SqliteOptions::new(directory.join("data"), TENANT, Arc::new(FixedClock)) }
}

pub(crate) fn database(directory: &Path) -> PathBuf {
    directory.join("data").join(SqliteOptions::DATABASE)
}

/// Executes SQL without the store, as an operator in a SQLite shell would.
pub(crate) fn by_hand(directory: &Path, sql: &str) -> rusqlite::Result<()> {
    let connection = rusqlite::Connection::open(database(directory))?;
    connection.busy_timeout(Duration::from_secs(10))?;
    connection.execute_batch(sql)
}

/// Returns whether a file of the data directory contains the bytes.
pub(crate) fn disk_holds(directory: &Path, needle: &[u8]) -> bool {
    let files = std::fs::read_dir(directory.join("data")).unwrap();
    files
        .map(|file| std::fs::read(file.unwrap().path()).unwrap())
        .any(|content| content.windows(needle.len()).any(|window| window == needle))
}
