//! What the store is opened with.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use keyferry_domain::Clock;

/// What the store is opened with.
#[derive(Clone)]
pub struct SqliteOptions {
    /// Where the database lies; made with mode 0700 if it is not there. It must be on a local disk.
    pub directory: PathBuf,
    /// 32 random bytes under which secrets are sealed; made with mode 0600 if there is none and no secret yet.
    pub key_file: PathBuf,
    /// Id of the tenant whose shipments are kept here. The first one to open a database keeps it; others are refused.
    pub tenant: String,
    /// Whether an ephemeral or network file system is refused. On.
    pub check_disk: bool,
    /// Tells when records were changed and secrets put.
    pub clock: Arc<dyn Clock>,
}

impl SqliteOptions {
    /// Name of the database in its directory.
    pub const DATABASE: &'static str = "keyferry.db";
    /// Name of the key file, unless another path is given.
    pub const KEY_FILE: &'static str = "keyferry.key";

    /// Database and key file in one directory.
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
