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
    /// Position up to which entries were not signed in this run. A run begins with the chain, and anew whenever the
    /// newest entry before a commit is not the one that this store signed. 0: all entries were signed in one run.
    pub since: u64,
}

impl Checkpoint {
    pub(crate) fn head(&self) -> Head {
        Head { position: self.position, hash: self.hash.clone() }
    }

    /// Returns whether this checkpoint is kept when `next` is signed. The last one of each hour and each run is.
    pub(crate) fn is_kept_before(&self, next: &Self) -> bool {
        let hour = |at: Timestamp| at.timestamp().div_euclid(3600);
        self.since != next.since || hour(self.at) != hour(next.at)
    }
}
