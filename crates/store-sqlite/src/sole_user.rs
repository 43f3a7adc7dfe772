//! Claims and leases of dead processes, voided by a process that knows that it is the only one.
//!
//! Every process that has the store open holds a shared lock on a file in the data directory. The kernel releases it
//! when the process ends, however it ends. A process that gets the lock exclusively is alone, so all claims and leases
//! in the database belong to dead processes.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use rusqlite::Transaction;
use rustix::fs::{FlockOperation, flock};

/// Name of the lock file in the data directory.
const LOCK_FILE: &str = "keyferry.lock";

/// Use of the data directory by this process. Lasts until it is dropped.
pub(crate) struct Presence {
    _file: Option<File>,
}

/// Use of the data directory before other processes may join.
pub(crate) struct Arrival {
    file: Option<File>,
    is_alone: bool,
}

impl Arrival {
    /// Locks the directory. Without a working lock, this process counts as one of several, and nothing is voided.
    pub(crate) fn at(directory: &Path) -> Self {
        match lock(&directory.join(LOCK_FILE)) {
            Ok((file, is_alone)) => Self { file: Some(file), is_alone },
            Err(error) => {
                tracing::warn!(
                    directory = %directory.display(),
                    %error,
                    "could not lock data directory; claims of a killed process are not voided and expire by themselves"
                );
                Self { file: None, is_alone: false }
            }
        }
    }

    /// Voids all claims and leases if no other process uses the directory.
    pub(crate) fn void_claims(&self, transaction: &Transaction<'_>) -> rusqlite::Result<()> {
        if !self.is_alone {
            return Ok(());
        }
        let claims = transaction.execute(
            "UPDATE fprshipments SET claim_holder = NULL, claim_until = NULL, version = version + 1
             WHERE claim_holder IS NOT NULL OR claim_until IS NOT NULL",
            [],
        )?;
        let leases = transaction.execute("DELETE FROM leases", [])?;
        if claims + leases > 0 {
            tracing::info!(claims, leases, "voided claims and leases of a process that no longer runs");
        }
        Ok(())
    }

    /// Lets other processes join. This process holds no claims yet, so one that joins in between voids none of them.
    pub(crate) fn settle(self) -> Presence {
        let file = self.file.filter(|file| {
            let shared = flock(file, FlockOperation::LockShared);
            shared.inspect_err(|error| tracing::warn!(%error, "could not keep lock on data directory")).is_ok()
        });
        Presence { _file: file }
    }
}

/// Returns the locked file, and whether the lock is exclusive.
fn lock(path: &Path) -> std::io::Result<(File, bool)> {
    let file = OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(path)?;
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok((file, true)),
        Err(rustix::io::Errno::WOULDBLOCK) => {
            flock(&file, FlockOperation::LockShared)?;
            Ok((file, false))
        }
        Err(error) => Err(error.into()),
    }
}
