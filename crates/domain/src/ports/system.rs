//! Clock and randomness.

use std::time::Duration;

use async_trait::async_trait;

use crate::Timestamp;

/// Clock. A port, so that tests control the time.
#[async_trait]
pub trait Clock: Send + Sync {
    /// Returns the current time.
    fn now(&self) -> Timestamp;

    /// Returns the time since an arbitrary start. It never goes back and does not change when the wall clock is set.
    /// Two readings, compared with two readings of [`Clock::now`], show that the wall clock was set.
    ///
    /// The default is for clocks that are never set: it follows `now`.
    fn monotonic(&self) -> Duration {
        (self.now() - Timestamp::UNIX_EPOCH).to_std().unwrap_or_default()
    }

    /// Returns when `duration` has passed on the monotonic clock.
    async fn sleep(&self, duration: Duration);
}

/// Source of randomness for ids, selection and jitter. Not used for cryptographic keys.
pub trait Entropy: Send + Sync {
    /// Fills the whole buffer with random bytes.
    fn fill(&self, buffer: &mut [u8]);
}
