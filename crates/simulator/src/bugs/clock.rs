//! Clock with a planted bug.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use keyferry_domain::{Clock as Port, Timestamp};

use super::Bug;

pub(super) struct Clock {
    pub(super) bug: Bug,
    pub(super) inner: Arc<dyn Port>,
}

#[async_trait]
impl Port for Clock {
    fn now(&self) -> Timestamp {
        self.inner.now()
    }

    fn monotonic(&self) -> Duration {
        match self.bug {
            Bug::WallClockTrusted => (self.now() - Timestamp::UNIX_EPOCH).to_std().unwrap_or_default(),
            _ => self.inner.monotonic(),
        }
    }

    async fn sleep(&self, duration: Duration) {
        if self.bug == Bug::WallClockTrusted {
            let end = self.now() + duration;
            while self.now() < end {
                let left = (end - self.now()).to_std().unwrap_or_default();
                self.inner.sleep(left).await;
            }
            return;
        }
        self.inner.sleep(duration).await;
    }
}
