//! Throttling: each app can send 5 requests in 10 seconds.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

const REQUESTS: usize = 5;
const WINDOW: TimeDelta = TimeDelta::seconds(10);

/// Times of the recent calls of each app.
#[derive(Debug, Default)]
pub(super) struct Throttle(Mutex<HashMap<Uuid, VecDeque<DateTime<Utc>>>>);

impl Throttle {
    /// Counts a call. Calls that fail later count as well, as documented.
    ///
    /// # Errors
    /// Returns the seconds to wait if the limit is reached. A throttled call does not count.
    pub(super) fn admit(&self, app: Uuid, now: DateTime<Utc>) -> Result<(), u64> {
        let mut apps = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let calls = apps.entry(app).or_default();
        while calls.front().is_some_and(|first| now - *first >= WINDOW) {
            calls.pop_front();
        }
        match calls.front() {
            Some(first) if calls.len() >= REQUESTS => {
                let wait = (*first + WINDOW - now).num_milliseconds().max(1);
                Err(u64::try_from(wait).unwrap_or(1).div_ceil(1000))
            }
            _ => {
                calls.push_back(now);
                Ok(())
            }
        }
    }

    /// Deletes all counts.
    pub(super) fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn throttles_sixth_call_in_ten_seconds() {
        let throttle = Throttle::default();
        let (app, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let at = |seconds| DateTime::<Utc>::UNIX_EPOCH + TimeDelta::seconds(seconds);
        for second in 0..5 {
            assert_eq!(throttle.admit(app, at(second)), Ok(()));
        }
        assert_eq!(throttle.admit(app, at(5)), Err(5));
        assert_eq!(throttle.admit(other, at(5)), Ok(()));
        assert_eq!(throttle.admit(app, at(10)), Ok(()));
        assert_eq!(throttle.admit(app, at(10)), Err(1));
    }
}
