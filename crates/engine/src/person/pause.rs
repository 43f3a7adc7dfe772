//! Pause of mails to persons, because they would fail.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Length of a pause.
const PAUSE: Duration = Duration::from_secs(300);

/// Time until which no mails to persons are sent, on the monotonic clock.
#[derive(Default)]
pub(crate) struct MailPause(Mutex<Option<Duration>>);

impl MailPause {
    /// Begins a pause at this time of the monotonic clock.
    pub(super) fn begin(&self, now: Duration) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(now + PAUSE);
    }

    /// Returns the time left at this time of the monotonic clock. `None` without a pause.
    pub(super) fn left(&self, now: Duration) -> Option<Duration> {
        let end = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        end?.checked_sub(now).filter(|left| !left.is_zero())
    }
}
