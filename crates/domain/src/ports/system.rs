//! Clock and randomness.

use std::time::Duration;

use async_trait::async_trait;

use crate::Timestamp;

/// Clock. A port, so that tests control the time.
#[async_trait]
pub trait Clock: Send + Sync {
    /// Returns the current time.
    fn now(&self) -> Timestamp;

    /// Returns when `duration` has passed on this clock.
    async fn sleep(&self, duration: Duration);
}

/// Source of randomness for ids, selection and jitter. Not used for cryptographic keys.
pub trait Entropy: Send + Sync {
    /// Fills the whole buffer with random bytes.
    fn fill(&self, buffer: &mut [u8]);
}
