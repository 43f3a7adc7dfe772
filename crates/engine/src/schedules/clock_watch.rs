//! Detection of a wall clock that was set.

use std::time::Duration;

use chrono::TimeDelta;
use keyferry_domain::{Clock, Timestamp};

/// Largest difference of the clocks between two looks that is not a jump. Time synchronisation slews the wall clock by
/// far less.
const TOLERANCE: TimeDelta = TimeDelta::seconds(3);

/// Readings of wall clock and monotonic clock.
pub(super) struct ClockWatch<'a> {
    clock: &'a dyn Clock,
    wall: Timestamp,
    monotonic: Duration,
}

impl<'a> ClockWatch<'a> {
    pub(super) fn new(clock: &'a dyn Clock) -> Self {
        Self { clock, wall: clock.now(), monotonic: clock.monotonic() }
    }

    /// Returns whether the wall clock was set since the last look, or the machine was suspended. Logs it.
    pub(super) fn was_set(&mut self) -> bool {
        let (wall, monotonic) = (self.clock.now(), self.clock.monotonic());
        let passed = TimeDelta::from_std(monotonic.saturating_sub(self.monotonic)).unwrap_or_default();
        let expected = self.wall + passed;
        (self.wall, self.monotonic) = (wall, monotonic);
        let by = wall - expected;
        let was_set = by.abs() > TOLERANCE;
        if was_set {
            tracing::warn!(
                %expected,
                found = %wall,
                seconds = by.num_seconds(),
                "system clock was set, or the machine was suspended; schedules are planned again. Check the time \
                 synchronisation"
            );
        }
        was_set
    }
}
