//! Five requests in ten seconds for each app, and how long to wait after that.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

const REQUESTS: usize = 5;
const WINDOW: TimeDelta = TimeDelta::seconds(10);

/// When each app called.
#[derive(Debug, Default)]
pub(super) struct Throttle(Mutex<HashMap<Uuid, VecDeque<DateTime<Utc>>>>);

impl Throttle {
    /// Counts a call, or tells the seconds to wait. Calls that fail count as well, as documented.
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

    /// Forgets all calls.
    pub(super) fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sixth_call_waits_for_the_first_to_be_ten_seconds_old() {
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
