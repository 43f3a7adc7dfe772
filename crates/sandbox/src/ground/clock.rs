//! The sandbox's two clocks: one that parcels travel by, one that tokens and challenges expire by. Both run with the
//! real time plus an offset that the control API moves.

use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use chrono::{DateTime, SecondsFormat, SubsecRound as _, TimeDelta, Utc};

/// Farther from the real time than this makes no sense, and times of day would overflow.
const FARTHEST: TimeDelta = TimeDelta::days(36_500);

/// A clock was to be moved by more than a hundred years.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooFar;

/// Offsets from the real time.
#[derive(Clone, Copy, Debug, Default)]
struct Offsets {
    parcels: TimeDelta,
    tokens: TimeDelta,
}

/// Both clocks.
#[derive(Debug, Default)]
pub(crate) struct Clock(Mutex<Offsets>);

impl Clock {
    /// The time that parcels travel by, and that mail and journal are stamped with.
    pub(crate) fn parcels(&self) -> DateTime<Utc> {
        real() + self.offsets().parcels
    }

    /// The time that tokens and challenges expire by.
    pub(crate) fn tokens(&self) -> DateTime<Utc> {
        real() + self.offsets().tokens
    }

    /// Moves the clock of parcels, and with `tokens_too` the other by as much.
    pub(crate) fn advance(&self, by: TimeDelta, tokens_too: bool) -> Result<(), TooFar> {
        let moved = |offset: TimeDelta| offset.checked_add(&by).filter(|sum| sum.abs() <= FARTHEST).ok_or(TooFar);
        let mut offsets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let parcels = moved(offsets.parcels)?;
        if tokens_too {
            offsets.tokens = moved(offsets.tokens)?;
        }
        offsets.parcels = parcels;
        Ok(())
    }

    /// Sets the clock of parcels, and with `tokens_too` the other to the same time.
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

    /// Back to the real time.
    pub(crate) fn reset(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Offsets::default();
    }

    fn offsets(&self) -> Offsets {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the sandbox's own clock; it stands in for other machines' time")]
fn real() -> DateTime<Utc> {
    DateTime::<Utc>::from(SystemTime::now())
}

/// RFC 3339 in UTC, to the second, with `Z`: the form that Graph was seen to use for the challenge's deadline.
pub(crate) fn rfc3339(at: DateTime<Utc>) -> String {
    at.trunc_subsecs(0).to_rfc3339_opts(SecondsFormat::Secs, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parcels_move_alone_unless_told_otherwise() {
        let clock = Clock::default();
        clock.advance(TimeDelta::days(3), false).unwrap();
        assert!(clock.parcels() - clock.tokens() > TimeDelta::days(2));
        clock.reset();
        clock.advance(TimeDelta::days(3), true).unwrap();
        assert!(clock.tokens() - real() > TimeDelta::days(2));
    }

    #[test]
    fn a_clock_stays_within_a_century() {
        let clock = Clock::default();
        clock.advance(TimeDelta::days(36_000), true).unwrap();
        assert_eq!(clock.advance(TimeDelta::days(1000), true), Err(TooFar));
        assert_eq!(clock.advance(TimeDelta::MAX, false), Err(TooFar));
        assert_eq!(clock.set(DateTime::<Utc>::MAX_UTC, true), Err(TooFar));
        assert!(clock.tokens() > real());
    }

    #[test]
    fn a_time_is_written_to_the_second() {
        let at = DateTime::parse_from_rfc3339("2026-02-03T04:05:06.789+00:00").unwrap();
        assert_eq!(rfc3339(at.with_timezone(&Utc)), "2026-02-03T04:05:06Z");
    }
}
