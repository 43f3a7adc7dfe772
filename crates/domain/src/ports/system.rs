//! Time and chance.

use std::time::Duration;

use async_trait::async_trait;

use crate::Timestamp;

/// The clock.
#[async_trait]
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;

    /// Returns when `duration` has passed on this clock.
    async fn sleep(&self, duration: Duration);
}

/// Randomness for ids, choice and jitter. Keys are made where the cryptography is, not from here.
pub trait Entropy: Send + Sync {
    /// Fills the whole buffer.
    fn fill(&self, buffer: &mut [u8]);
}
