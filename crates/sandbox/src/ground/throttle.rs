//! Rate limits: a number of requests in a sliding window, for each caller.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// Requests that a caller may send in a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rate {
    pub(crate) requests: u32,
    /// Length of the window.
    pub(crate) seconds: u32,
}

impl Rate {
    fn window(self) -> TimeDelta {
        TimeDelta::seconds(self.seconds.into())
    }
}

/// Calls that a limit applied to, since the start or the last reset.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Counts {
    pub(crate) admitted: u64,
    /// Calls that were answered 429.
    pub(crate) throttled: u64,
    /// Time of the first call.
    pub(crate) first_at: Option<DateTime<Utc>>,
    /// Time of the last call.
    pub(crate) last_at: Option<DateTime<Utc>>,
}

/// Recent calls of each caller, and the counts of all calls.
#[derive(Debug)]
pub(crate) struct Throttle<Caller>(Mutex<State<Caller>>);

#[derive(Debug)]
struct State<Caller> {
    recent: HashMap<Caller, VecDeque<DateTime<Utc>>>,
    counts: Counts,
}

impl<Caller> Default for Throttle<Caller> {
    fn default() -> Self {
        Self(Mutex::new(State { recent: HashMap::new(), counts: Counts::default() }))
    }
}

impl<Caller: Eq + Hash> Throttle<Caller> {
    /// Counts a call. Calls that fail later count as well, as Microsoft documents it for Graph.
    ///
    /// # Errors
    /// Returns the seconds to wait if the caller reached the limit. A throttled call does not use up the limit.
    pub(crate) fn admit(&self, caller: Caller, rate: Option<Rate>, now: DateTime<Utc>) -> Result<(), u64> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let State { recent, counts } = &mut *state;
        counts.first_at.get_or_insert(now);
        counts.last_at = Some(now);
        let admitted = rate.map_or(Ok(()), |rate| admit(recent.entry(caller).or_default(), rate, now));
        match admitted {
            Ok(()) => counts.admitted += 1,
            Err(_) => counts.throttled += 1,
        }
        admitted
    }

    /// Returns the counts of all callers together.
    pub(crate) fn counts(&self) -> Counts {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).counts.clone()
    }

    /// Restarts the counts. The limit still includes the recent calls.
    pub(crate) fn restart_counts(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).counts = Counts::default();
    }

    /// Forgets all calls.
    pub(crate) fn clear(&self) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.recent.clear();
        state.counts = Counts::default();
    }
}

fn admit(calls: &mut VecDeque<DateTime<Utc>>, rate: Rate, now: DateTime<Utc>) -> Result<(), u64> {
    // Also calls of the future: the control API can set the clock back.
    calls.retain(|call| *call <= now && now - *call < rate.window());
    match calls.front() {
        Some(first) if calls.len() >= usize::try_from(rate.requests).unwrap_or(usize::MAX) => {
            let wait = (*first + rate.window() - now).num_milliseconds().max(1);
            Err(u64::try_from(wait).unwrap_or(1).div_ceil(1000))
        }
        _ => {
            calls.push_back(now);
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Option<Rate> = Some(Rate { requests: 5, seconds: 10 });

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::<Utc>::UNIX_EPOCH + TimeDelta::seconds(seconds)
    }

    #[test]
    fn throttles_sixth_call_in_ten_seconds() {
        let throttle = Throttle::default();
        for second in 0..5 {
            assert_eq!(throttle.admit("one", RATE, at(second)), Ok(()));
        }
        assert_eq!(throttle.admit("one", RATE, at(5)), Err(5));
        assert_eq!(throttle.admit("other", RATE, at(5)), Ok(()));
        assert_eq!(throttle.admit("one", RATE, at(10)), Ok(()));
        assert_eq!(throttle.admit("one", RATE, at(10)), Err(1));
        let counts = throttle.counts();
        assert_eq!((counts.admitted, counts.throttled), (7, 2));
        assert_eq!((counts.first_at, counts.last_at), (Some(at(0)), Some(at(10))));
    }

    #[test]
    fn without_a_rate_all_calls_are_admitted_and_counted() {
        let throttle = Throttle::default();
        for _ in 0..100 {
            assert_eq!(throttle.admit((), None, at(0)), Ok(()));
        }
        assert_eq!(throttle.counts().admitted, 100);
        throttle.restart_counts();
        assert_eq!(throttle.counts(), Counts::default());
    }

    #[test]
    fn a_clock_that_goes_back_does_not_block_callers() {
        let throttle = Throttle::default();
        for _ in 0..5 {
            assert_eq!(throttle.admit((), RATE, at(1_000_000)), Ok(()));
        }
        assert_eq!(throttle.admit((), RATE, at(0)), Ok(()));
    }
}
