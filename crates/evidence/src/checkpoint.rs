//! Signed heads.

use keyferry_domain::Timestamp;
use serde::{Deserialize, Serialize};

use crate::Head;

/// Payload of a checkpoint's JWS.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// Position of the newest entry.
    pub position: u64,
    /// Hash of the newest entry.
    pub hash: String,
    /// Time of the commit that wrote the newest entry.
    pub at: Timestamp,
    /// Whether the entries of this commit follow directly on an entry that this store had signed. `false`: before this
    /// commit, somebody else added or removed entries.
    pub extends: bool,
}

impl Checkpoint {
    pub(crate) fn head(&self) -> Head {
        Head { position: self.position, hash: self.hash.clone() }
    }

    /// Returns whether this checkpoint is kept when `next` is signed. The last one of each hour is kept, and each that
    /// shows a manipulation.
    pub fn is_kept_before(&self, next: &Self) -> bool {
        let hour = |at: Timestamp| at.timestamp().div_euclid(3600);
        !self.extends || !next.extends || hour(self.at) != hour(next.at)
    }
}
