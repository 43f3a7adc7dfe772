//! The sandbox's two clocks: one for parcels, one for tokens and challenges.
//!
//! Each is the real time plus an offset, which the control API changes.

use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use chrono::{DateTime, SecondsFormat, SubsecRound as _, TimeDelta, Utc};

/// Largest offset from the real time, about 100 years. A much larger one would overflow `DateTime`.
const FARTHEST: TimeDelta = TimeDelta::days(36_500);

/// Error: the requested offset is larger than [`FARTHEST`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooFar;

/// Offsets of the clocks from the real time.
#[derive(Clone, Copy, Debug, Default)]
struct Offsets {
    parcels: TimeDelta,
    tokens: TimeDelta,
}

/// The two clocks of the sandbox.
#[derive(Debug, Default)]
pub(crate) struct Clock(Mutex<Offsets>);

impl Clock {
    /// Returns the time for parcels, and for the timestamps of mails and the journal.
    pub(crate) fn parcels(&self) -> DateTime<Utc> {
        real() + self.offsets().parcels
    }

    /// Returns the time for the expiry of tokens and challenges.
    pub(crate) fn tokens(&self) -> DateTime<Utc> {
        real() + self.offsets().tokens
    }

    /// Advances the parcel clock by `by`. With `tokens_too`, advances the token clock as well.
    pub(crate) fn advance(&self, by: TimeDelta, tokens_too: bool) -> Result<(), TooFar> {
        let moved = |offset: TimeDelta| offset.checked_add(&by).filter(|sum| sum.abs() <= FARTHEST).ok_or(TooFar);
        let mut offsets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Compute both before a write, so that an error changes neither clock.
        let parcels = moved(offsets.parcels)?;
        if tokens_too {
            offsets.tokens = moved(offsets.tokens)?;
        }
        offsets.parcels = parcels;
        Ok(())
    }

    /// Sets the parcel clock to `now`. With `tokens_too`, sets the token clock as well.
    pub(crate) fn set(&self, now: DateTime<Utc>, tokens_too: bool) -> Result<(), TooFar> {
        let offset = now - real();
        if offset.abs() > FARTHEST {
            return Err(TooFar);
        }
        let mut offsets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        offsets.parcels = offset;
        if tokens_too {
            offsets.tokens = offset;
        }
        Ok(())
    }

    /// Resets both clocks to the real time.
    pub(crate) fn reset(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Offsets::default();
    }

    fn offsets(&self) -> Offsets {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the sandbox has its own clock, which simulates the time of other machines"
)]
fn real() -> DateTime<Utc> {
    DateTime::<Utc>::from(SystemTime::now())
}

/// Formats a time as RFC 3339 in UTC, in whole seconds, with `Z`.
///
/// Graph was observed to use this form for the expiry of a challenge.
pub(crate) fn rfc3339(at: DateTime<Utc>) -> String {
    at.trunc_subsecs(0).to_rfc3339_opts(SecondsFormat::Secs, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn advances_token_clock_only_on_request() {
        let clock = Clock::default();
        clock.advance(TimeDelta::days(3), false).unwrap();
        assert!(clock.parcels() - clock.tokens() > TimeDelta::days(2));
        clock.reset();
        clock.advance(TimeDelta::days(3), true).unwrap();
        assert!(clock.tokens() - real() > TimeDelta::days(2));
    }

    #[test]
    fn rejects_offsets_over_100_years() {
        let clock = Clock::default();
        clock.advance(TimeDelta::days(36_000), true).unwrap();
        assert_eq!(clock.advance(TimeDelta::days(1000), true), Err(TooFar));
        assert_eq!(clock.advance(TimeDelta::MAX, false), Err(TooFar));
        assert_eq!(clock.set(DateTime::<Utc>::MAX_UTC, true), Err(TooFar));
        assert!(clock.tokens() > real());
    }

    #[test]
    fn formats_times_in_whole_seconds() {
        let at = DateTime::parse_from_rfc3339("2026-02-03T04:05:06.789+00:00").unwrap();
        assert_eq!(rfc3339(at.with_timezone(&Utc)), "2026-02-03T04:05:06Z");
    }
}
