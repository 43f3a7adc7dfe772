//! Time that a pacer follows.

use std::sync::Arc;
use std::time::Duration;

use keyferry_domain::Clock;
use tokio::time::{Instant, sleep_until};

/// Time of the runtime, or that of a clock.
pub(super) enum Timer {
    Runtime,
    Clock {
        clock: Arc<dyn Clock>,
        /// Begin of this timer, on both.
        begin: (Instant, Duration),
    },
}

impl Timer {
    /// Creates a timer that follows the clock's monotonic time.
    pub(super) fn of(clock: Arc<dyn Clock>) -> Self {
        let begin = (Instant::now(), clock.monotonic());
        Self::Clock { clock, begin }
    }

    pub(super) fn now(&self) -> Instant {
        match self {
            Self::Runtime => Instant::now(),
            Self::Clock { clock, begin: (instant, monotonic) } => {
                *instant + clock.monotonic().saturating_sub(*monotonic)
            }
        }
    }

    pub(super) async fn sleep_until(&self, at: Instant) {
        match self {
            Self::Runtime => sleep_until(at).await,
            Self::Clock { clock, .. } => clock.sleep(at.saturating_duration_since(self.now())).await,
        }
    }
}
