//! Records, secrets and idempotency keys in one SQLite file: the embedded store.
//!
//! Everything lies in one directory: the database `keyferry.db` (with its `-wal` and `-shm` files) and, unless told
//! otherwise, the key file under which secrets are sealed. Whoever holds both can read the secrets, so a backup keeps
//! them apart. Several processes on one machine may share the directory: claims and compare-and-swap hold between them.

mod disk;
mod error;
mod events;
mod files;
mod idempotency;
mod leases;
mod options;
mod query;
mod row;
mod schema;
mod seal;
mod secrets;
mod self_check;
mod settings;
mod shipments;
mod store;
mod time;

pub use error::Error;
pub use options::SqliteOptions;
pub use settings::DataDirectorySettings;
pub use store::SqliteStore;
