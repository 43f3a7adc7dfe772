//! What a receiver accepts.

use crate::{ContentEncryption, DEFAULT_MAX_COMPACT_BYTES, KeyManagement};

/// What a receiver accepts. Besides, the `kid` must be that of the key that is to open the message, and `zip` and `crit`
/// are refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Accepted `alg`.
    pub algs: Vec<KeyManagement>,
    /// Accepted `enc`.
    pub encs: Vec<ContentEncryption>,
    /// Longest compact serialisation in bytes; a longer one is refused before anything is decoded.
    pub max_bytes: usize,
}

impl Default for Policy {
    /// All supported algorithms and 128 KiB.
    fn default() -> Self {
        Self {
            algs: KeyManagement::ALL.to_vec(),
            encs: ContentEncryption::ALL.to_vec(),
            max_bytes: DEFAULT_MAX_COMPACT_BYTES,
        }
    }
}
