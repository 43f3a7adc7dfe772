//! Detection of changes of the wall clock.

use std::time::Duration;

use chrono::TimeDelta;
use keyferry_domain::{Clock, Timestamp};

/// Smallest difference that counts as a change. Clock synchronization corrects smaller differences all the time.
const THRESHOLD: TimeDelta = TimeDelta::seconds(5);

/// Last look at the wall clock and the monotonic clock.
pub(super) struct WallClock {
    wall: Timestamp,
    monotonic: Duration,
}

/// Change of the wall clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Jump {
    /// Time that the wall clock would show without the change.
    pub(super) expected: Timestamp,
    /// Time that it shows.
    pub(super) found: Timestamp,
}

impl WallClock {
    pub(super) fn look(clock: &dyn Clock) -> Self {
        Self { wall: clock.now(), monotonic: clock.monotonic() }
    }

    /// Returns the change since the last look, if the clock was set.
    pub(super) fn jump(&mut self, clock: &dyn Clock) -> Option<Jump> {
        let before = std::mem::replace(self, Self::look(clock));
        let passed = TimeDelta::from_std(self.monotonic.saturating_sub(before.monotonic)).ok()?;
        let expected = before.wall.checked_add_signed(passed)?;
        let jump = Jump { expected, found: self.wall };
        ((jump.found - jump.expected).abs() > THRESHOLD).then_some(jump)
    }
}
