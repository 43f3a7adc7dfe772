//! Keys that protect rows of the table, and are not in it.

use async_trait::async_trait;
use keyferry_domain::SecretBytes;
use keyferry_domain::ports::StoreError;

/// What a key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyUse {
    /// Signs checkpoints of the event chain. PKCS#8 (DER).
    EventSigning,
    /// Seals the orders of batches. 32 bytes.
    OrderSealing,
}

/// Place of the keys. The table must not be that place: whoever can write to it could sign, and whoever can read it
/// could open orders.
#[async_trait]
pub trait TableKeys: Send + Sync {
    /// Returns all keys for this use, oldest first.
    async fn all(&self, for_use: KeyUse) -> Result<Vec<SecretBytes>, StoreError>;

    /// Adds a key. Does not replace the keys before.
    async fn add(&self, for_use: KeyUse, key: &SecretBytes) -> Result<(), StoreError>;
}
