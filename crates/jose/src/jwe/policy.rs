//! Receiver's policy for JWE.

use crate::{ContentEncryption, DEFAULT_MAX_COMPACT_BYTES, KeyManagement};

/// Algorithms and sizes that a receiver accepts.
///
/// Regardless of the policy, the `kid` must be that of the decryption key, and `zip` and `crit` are rejected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Accepted `alg` values.
    pub algs: Vec<KeyManagement>,
    /// Accepted `enc` values.
    pub encs: Vec<ContentEncryption>,
    /// Maximum length of the compact serialisation, in bytes. A longer one is rejected before it is decoded.
    pub max_bytes: usize,
}

impl Default for Policy {
    /// Returns a policy with all supported algorithms and a limit of 128 KiB.
    fn default() -> Self {
        Self {
            algs: KeyManagement::ALL.to_vec(),
            encs: ContentEncryption::ALL.to_vec(),
            max_bytes: DEFAULT_MAX_COMPACT_BYTES,
        }
    }
}
