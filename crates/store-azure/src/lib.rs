//! Records, idempotency keys and leases in Azure Table Storage.

mod tables;

pub use tables::{ForeignRows, TableStore};
