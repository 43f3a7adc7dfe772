//! Times of the requests of one subject within the longest window.

use std::collections::VecDeque;
use std::time::Duration;

/// Length of the longest window.
pub(super) const LONGEST: Duration = Duration::from_secs(24 * 3600);

/// Times on the monotonic clock, oldest first. Never more than the largest number per day, because further requests
/// are refused.
#[derive(Debug, Default)]
pub(super) struct Window {
    times: VecDeque<Duration>,
    /// Time until which refusals are known to the operator.
    reported_until: Duration,
}

impl Window {
    pub(super) fn count(&mut self, now: Duration) {
        self.times.push_back(now);
    }

    pub(super) fn take_back(&mut self, at: Duration) {
        if let Some(index) = self.times.iter().rposition(|&time| time == at) {
            self.times.remove(index);
        }
    }

    /// Returns the time until fewer than `most` requests are younger than `length`. `None` if that is already so.
    pub(super) fn wait(&mut self, most: u32, length: Duration, now: Duration) -> Option<Duration> {
        while self.times.front().is_some_and(|&oldest| oldest + LONGEST <= now) {
            self.times.pop_front();
        }
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        let decisive = self.times.len().checked_sub(most).and_then(|index| self.times.get(index))?;
        (*decisive + length).checked_sub(now).filter(|wait| !wait.is_zero())
    }

    /// Records a refusal. Returns whether it is the first one until `now + wait`.
    pub(super) fn note_refusal(&mut self, now: Duration, wait: Duration) -> bool {
        let is_first = now >= self.reported_until;
        if is_first {
            self.reported_until = now + wait;
        }
        is_first
    }

    /// Returns whether no request is within the longest window.
    pub(super) fn is_over(&self, now: Duration) -> bool {
        self.times.back().is_none_or(|&newest| newest + LONGEST <= now)
    }
}
