//! Claims and leases of dead processes.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt as _;

use rusqlite::Connection;
use rustix::fs::{FlockOperation, flock};

use crate::{Error, SqliteOptions};

/// Lock that every process holds while it uses the data directory. The kernel releases it when the process ends, however
/// it ends.
pub(crate) struct Presence(#[expect(dead_code, reason = "dropping it releases the lock")] File);

impl Presence {
    /// Takes the lock. If no other process holds it, all claims and leases belong to dead processes, and are removed:
    /// otherwise, the first run after a restart would wait for them.
    pub(crate) fn announce(options: &SqliteOptions, connection: &Connection) -> Result<Self, Error> {
        let path = options.directory.join("keyferry.lock");
        let failed = |source| Error::File { path: path.clone(), source };
        // Not truncated: the file has no content.
        let file =
            OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&path).map_err(failed)?;
        if flock(&file, FlockOperation::NonBlockingLockExclusive).is_ok() {
            let voided = void(connection).map_err(|source| Error::Database { database: options.database(), source })?;
            if voided > 0 {
                tracing::info!(voided, "removed claims and leases of processes that ended without releasing them");
            }
        }
        // Another process may take the exclusive lock in between. It then removes nothing of this one, which has no
        // claims yet.
        flock(&file, FlockOperation::LockShared).map_err(|error| failed(error.into()))?;
        Ok(Self(file))
    }
}

fn void(connection: &Connection) -> rusqlite::Result<usize> {
    let claims = connection.execute(
        "UPDATE fprshipments SET claim_holder = NULL, claim_until = NULL, version = version + 1
         WHERE claim_holder IS NOT NULL",
        [],
    )?;
    Ok(claims + connection.execute("DELETE FROM leases", [])?)
}
