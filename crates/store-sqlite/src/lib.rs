//! Embedded store: records, secrets, idempotency keys and leases in one SQLite database.
//!
//! The data directory contains the database `keyferry.db` (with its `-wal` and `-shm` files) and, by default, the key
//! file with which secrets are sealed. Database and key file together give access to the secrets, so they must be
//! backed up separately. Several processes on one machine may share the directory: claims and compare-and-swap work
//! between them.
//!
//! It is not for several machines: a file system that is recognised as a network file system is rejected. Use
//! `keyferry-store-azure` there.
//!
//! One thread writes and some threads read, each with its own connection and in front of bounded queues, so a database
//! that another process has locked does not delay reads.
//!
//! Start reading at [`SqliteStore`], then at `shipments.rs`. The tables are in `migrations`. The store must
//! pass the suite in `conformance/`.

mod batches;
mod chain;
mod connection;
mod damage;
mod disk;
mod error;
mod events;
mod evidence;
mod failure;
mod files;
mod idempotency;
mod leases;
mod open;
mod opened;
mod options;
mod query;
mod queue;
mod rekey;
mod row;
mod schema;
mod seal;
mod secrets;
mod self_check;
mod sessions;
mod settings;
mod shipments;
mod signing;
mod sole_user;
mod store;
mod tidy;
mod time;
mod views;
mod webhooks;

pub use error::Error;
pub use opened::Opened;
pub use options::SqliteOptions;
pub use rekey::{Rekeyed, Retired};
pub use settings::DataDirectorySettings;
pub use store::SqliteStore;
