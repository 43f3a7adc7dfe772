//! Stores in Azure: records, batches, idempotency keys and leases in Table Storage, secrets in Key Vault.
//!
//! [`TableStore`] implements the ports `ShipmentStore`, `BatchStore`, `IdempotencyStore`, `LeaseStore` and
//! `SessionStore`, and keeps the event chain. [`VaultStore`] implements `SecretStore`, and keeps the keys that sign the
//! chain and seal the orders of batches. [`VaultSecret`] reads one of the connector's own secrets, for example its
//! client secret. Several replicas can share the table and the vault.
//!
//! The crate creates neither the table nor the vault: the template in `deploy/azure` or an administrator does. The
//! store without Azure is `keyferry-store-sqlite`.
//!
//! Start reading at `tables/mod.rs` (partitions, and why every write is conditional), then at `tables/commit.rs`
//! and `tables/append.rs`. Row keys are in `tables/layout.rs`. Secrets are in `vault/mod.rs`. Both stores must pass the
//! suite in `conformance/`.

pub mod failures;
mod self_check;
mod settings;
mod tables;
mod vault;

pub use settings::{AzureStoreSettings, StoreIdentity};
pub use tables::{ForeignRows, KeyUse, TableKeys, TableStore};
pub use vault::{VaultSecret, VaultSettings, VaultStore};
