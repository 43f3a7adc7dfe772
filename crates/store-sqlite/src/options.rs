//! Options of the store.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use keyferry_domain::Clock;

/// Options for opening the store.
#[derive(Clone)]
pub struct SqliteOptions {
    /// Data directory, created with mode 0700 if it does not exist. It must be on a local disk.
    pub directory: PathBuf,
    /// File with the 32 random bytes of the sealing key. Created with mode 0600 if it does not exist and the database
    /// contains no secrets.
    pub key_file: PathBuf,
    /// Id of the tenant. A database belongs to the first tenant that opens it; for other tenants, opening fails.
    pub tenant: String,
    /// Whether an ephemeral or network file system is rejected. Default: true.
    pub check_disk: bool,
    /// Clock for the times of changes and secrets.
    pub clock: Arc<dyn Clock>,
}

impl SqliteOptions {
    /// Name of the database in its directory.
    pub const DATABASE: &'static str = "keyferry.db";
    /// Default name of the key file.
    pub const KEY_FILE: &'static str = "keyferry.key";

    /// Returns options with database and key file in one directory.
    pub fn new(directory: impl Into<PathBuf>, tenant: impl Into<String>, clock: Arc<dyn Clock>) -> Self {
        let directory = directory.into();
        Self { key_file: directory.join(Self::KEY_FILE), directory, tenant: tenant.into(), check_disk: true, clock }
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.directory.join(Self::DATABASE)
    }
}

impl fmt::Debug for SqliteOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteOptions")
            .field("directory", &self.directory)
            .field("key_file", &self.key_file)
            .field("tenant", &self.tenant)
            .finish_non_exhaustive()
    }
}
