//! Records, idempotency keys and leases in Azure Table Storage, secrets in Azure Key Vault.

mod tables;
mod vault;

pub use tables::{ForeignRows, TableStore};
pub use vault::{VaultSecret, VaultSettings, VaultStore};
