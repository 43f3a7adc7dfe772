//! Wall clock with an offset to the real time: tests need not wait for claims to expire, and can set it wrong. The
//! monotonic clock is the real one, as on a machine whose wall clock is set.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use chrono::TimeDelta;
use keyferry_domain::{Clock, Timestamp};

#[derive(Clone)]
pub(super) struct Offset(Arc<AtomicI64>);

impl Offset {
    pub(super) fn new(seconds: i64) -> Self {
        Self(Arc::new(AtomicI64::new(seconds)))
    }

    pub(super) fn set(&self, seconds: i64) {
        self.0.store(seconds, Ordering::SeqCst);
    }
}

pub(super) struct OffsetClock {
    real: Arc<dyn Clock>,
    offset: Offset,
}

impl OffsetClock {
    pub(super) fn new(real: Arc<dyn Clock>, offset: Offset) -> Self {
        Self { real, offset }
    }
}

#[async_trait]
impl Clock for OffsetClock {
    fn now(&self) -> Timestamp {
        self.real.now() + TimeDelta::seconds(self.offset.0.load(Ordering::SeqCst))
    }

    fn monotonic(&self) -> Duration {
        self.real.monotonic()
    }

    async fn sleep(&self, duration: Duration) {
        self.real.sleep(duration).await;
    }
}
