//! Backup of the stores. The journal is kept elsewhere, and is not part of it.

use crate::{Keys, MemoryBatches, MemoryWebhooks, Records};

use super::books::Outside;
use super::lock::lock;
use super::vault::Vault;

/// Backup of the stores.
pub struct Backup {
    records: Records,
    vault: Vault,
    keys: Keys,
    batches: MemoryBatches,
    webhooks: MemoryWebhooks,
}

impl Outside {
    /// Makes a backup of the stores.
    pub fn backup(&self) -> Backup {
        Backup {
            records: lock(&self.records).clone(),
            vault: lock(&self.vault).clone(),
            keys: lock(&self.keys).clone(),
            batches: self.batches.copy(),
            webhooks: self.webhooks.copy(),
        }
    }

    /// Restores a backup. Leases are gone.
    pub fn restore(&self, backup: Backup) {
        let Backup { records, vault, keys, batches, webhooks } = backup;
        *lock(&self.records) = records;
        *lock(&self.vault) = vault;
        *lock(&self.keys) = keys;
        *lock(&self.leases) = crate::Leases::default();
        self.batches.restore(&batches);
        self.webhooks.restore(&webhooks);
    }
}
