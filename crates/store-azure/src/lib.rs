//! Stores in Azure: records, idempotency keys and leases in Table Storage, secrets in Key Vault.

pub mod failures;
mod self_check;
mod settings;
mod tables;
mod vault;

pub use settings::{AzureStoreSettings, StoreIdentity};
pub use tables::{ForeignRows, TableStore};
pub use vault::{VaultSecret, VaultSettings, VaultStore};
