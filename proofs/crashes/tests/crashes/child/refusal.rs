//! Makes the store refuse writes, as a disk or another process does.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use rusqlite::Connection;
use serde::{Deserialize, Serialize};

use super::StepAt;

/// File that fills the file system of the data directory.
pub(crate) const FILLING: &str = "filling";

/// What refuses writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Refusal {
    /// The file system is full. The data directory must be on a small one.
    FullDisk,
    /// Another connection holds the write lock of the database.
    Lock,
}

/// Refusal from a step on.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct RefuseFrom {
    pub(crate) by: Refusal,
    pub(crate) at: StepAt,
}

impl Refusal {
    /// Begins to refuse, until this process dies and the filling is removed.
    pub(super) fn begin(self) {
        let data = PathBuf::from(std::env::var_os("KEYFERRY_DATA_DIR").unwrap());
        match self {
            Self::FullDisk => {
                let mut file = OpenOptions::new().append(true).create(true).open(data.join(FILLING)).unwrap();
                let mut size = 1024 * 1024;
                while size > 0 {
                    if file.write_all(&vec![7; size]).is_err() {
                        size /= 2;
                    }
                }
            }
            Self::Lock => {
                let connection = Connection::open(data.join("keyferry.db")).unwrap();
                connection.busy_timeout(Duration::from_secs(10)).unwrap();
                connection.execute_batch("BEGIN IMMEDIATE").unwrap();
                // Holds the lock until the process dies.
                std::mem::forget(connection);
            }
        }
    }
}
