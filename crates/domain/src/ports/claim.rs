//! Claims of workers on records, and of replicas on leases.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// Largest accepted difference between the clocks of two replicas. The claim of a replica whose clock is a little ahead
/// must not be taken from it.
pub const CLOCK_TOLERANCE: Duration = Duration::from_secs(60);

/// Returns whether a hold that ends at `until` is valid at `now`. `life` is the time for which such a hold is taken.
///
/// A hold that ends later than its life and [`CLOCK_TOLERANCE`] allow was taken by a process with a wrong clock, and
/// counts as expired. Otherwise it would block its record until that time is reached.
pub fn is_held(until: Timestamp, now: Timestamp, life: Duration) -> bool {
    let left = (until - now).to_std().unwrap_or_default();
    !left.is_zero() && left.saturating_sub(CLOCK_TOLERANCE) <= life
}

/// Claim of a worker on a record, or of a replica on a lease.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// Holder of the claim. Unique for each worker and run.
    pub holder: String,
    /// Time at which the claim expires.
    pub until: Timestamp,
}

impl Claim {
    /// Returns whether the claim is valid at `now`. See [`is_held`].
    pub fn is_valid(&self, now: Timestamp, life: Duration) -> bool {
        is_held(self.until, now, life)
    }

    /// Returns whether this claim prevents `new`, which is taken at `now`. Both have the same life.
    pub fn blocks(&self, new: &Self, now: Timestamp) -> bool {
        self.holder != new.holder && self.is_valid(now, (new.until - now).to_std().unwrap_or_default())
    }

    /// Returns the latest end of a valid claim at the time at which this one is taken. For stores that compare in a
    /// query.
    pub fn latest_valid(&self) -> Timestamp {
        self.until + CLOCK_TOLERANCE
    }
}

/// What a commit does to the claim on its record, in the same write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClaimChange {
    /// Takes the claim at this time, or renews it. A valid claim of another holder is a conflict.
    Take(Claim, Timestamp),
    /// Releases the claim if this holder has it.
    Release(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claim_is_valid_until_its_end_unless_the_end_is_too_far_away() {
        let now = Timestamp::UNIX_EPOCH;
        let life = Duration::from_secs(90);
        for (seconds, valid) in [(-1, false), (0, false), (1, true), (90, true), (150, true), (151, false)] {
            let claim = Claim { holder: "a".into(), until: now + chrono::TimeDelta::seconds(seconds) };
            assert_eq!(claim.is_valid(now, life), valid, "{seconds} s");
            let new = Claim { holder: "b".into(), until: now + life };
            assert_eq!((claim.blocks(&new, now), claim.until <= new.latest_valid()), (valid, seconds <= 150));
            assert!(!claim.blocks(&Claim { holder: "a".into(), ..new }, now), "the holder may renew");
        }
    }
}
