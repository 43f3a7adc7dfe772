//! Challenges of the sign-in page.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

/// Lifetime of a challenge.
pub(super) const LIFE: TimeDelta = TimeDelta::minutes(5);
/// Maximum number of open challenges. The oldest are deleted.
const OPEN: usize = 1000;

/// Open challenges: issued and not answered.
#[derive(Debug, Default)]
pub(super) struct Challenges(Mutex<HashMap<String, DateTime<Utc>>>);

impl Challenges {
    /// Deletes all challenges.
    pub(super) fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Stores a challenge.
    pub(super) fn issue(&self, challenge: String, now: DateTime<Utc>) {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|_, expires| *expires >= now);
        if open.len() >= OPEN
            && let Some(oldest) =
                open.iter().min_by_key(|(_, expires)| **expires).map(|(challenge, _)| challenge.clone())
        {
            open.remove(&oldest);
        }
        open.insert(challenge, now + LIFE);
    }

    /// Removes a challenge, so that it cannot be used again. Returns whether it was open and not expired.
    pub(super) fn redeem(&self, challenge: &str, now: DateTime<Utc>) -> bool {
        let expires = self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(challenge);
        expires.is_some_and(|expires| expires >= now)
    }
}
