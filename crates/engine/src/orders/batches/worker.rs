//! Worker: checks, feeds and cancels batches, one replica at a time.

use std::sync::Arc;
use std::time::Duration;

use keyferry_domain::ports::StoreError;
use keyferry_domain::{Batch, BatchStateName, Party};
use tokio_util::sync::CancellationToken;

use super::cancel::settle;
use super::check::Checks;
use super::error::BatchError;
use super::feed::{Fed, feed};
use crate::context::Context;
use crate::failures::{explain, findings};
use crate::lease::{Duty, Holder, Lease, RENEWAL};
use crate::operator::Operator;
use crate::orders::preflight::Preflight;
use crate::orders::queue::Wake;

/// Longest pause while there is no batch to work on. What another replica accepts is noticed after it.
const IDLE: Duration = Duration::from_secs(15);

/// Pause while the queue has enough orders of a batch.
const WHILE_FULL: Duration = Duration::from_secs(2);

/// Pause after the store failed.
const AFTER_FAILURE: Duration = Duration::from_secs(30);

/// Time after which the worker looks whether it still holds the lease.
const TERM: Duration = Duration::from_secs(60);

/// Batches that are looked at in one round. More of them wait for the first ones.
const MOST_AT_ONCE: u32 = 50;

/// Works on batches. Cheap to clone.
#[derive(Clone)]
#[expect(missing_debug_implementations, reason = "it holds trait objects")]
pub struct BatchWorker {
    context: Arc<Context>,
    preflight: Preflight,
    operator: Operator,
}

impl BatchWorker {
    pub(crate) fn new(context: Arc<Context>, preflight: Preflight, operator: Operator) -> Self {
        Self { context, preflight, operator }
    }

    /// Works on batches until `stop` is cancelled, while this replica holds the lease.
    pub async fn run(&self, stop: &CancellationToken) {
        let context = &*self.context;
        let lease = Lease::new(context, Duty::Batches);
        let mut checks = Checks::default();
        let mut held = false;
        while !stop.is_cancelled() {
            held = lease.renew().await == Holder::ThisReplica;
            if !held {
                checks = Checks::default();
                tokio::select! {
                    biased;
                    () = stop.cancelled() => {}
                    () = context.ports.clock.sleep(RENEWAL) => {}
                }
                continue;
            }
            let until = context.ports.clock.monotonic() + TERM;
            let work = async { tokio::join!(self.check_until(until, &mut checks, stop), self.send_until(until, stop)) };
            lease.during(work).await;
        }
        if held {
            lease.release().await;
        }
    }

    /// Checks batches, the oldest first.
    async fn check_until(&self, until: Duration, checks: &mut Checks, stop: &CancellationToken) {
        while self.goes_on(until, stop) {
            let step = async {
                match self.batches(&[BatchStateName::Checking]).await?.pop() {
                    Some(batch) => checks.step(&self.context, &self.preflight, &batch).await,
                    None => Ok(false),
                }
            };
            let pause = match step.await {
                Ok(true) => Duration::ZERO,
                Ok(false) => IDLE,
                Err(error) => self.failed(&error),
            };
            self.rest(&self.context.check_wake, until, stop, pause).await;
        }
    }

    /// Feeds submitted batches and cancels others.
    async fn send_until(&self, until: Duration, stop: &CancellationToken) {
        while self.goes_on(until, stop) {
            let pause = match self.send().await {
                Ok(pause) => pause,
                Err(error) => self.failed(&error),
            };
            self.rest(&self.context.feed_wake, until, stop, pause).await;
        }
    }

    async fn send(&self) -> Result<Duration, BatchError> {
        let mut batches = self.batches(&[BatchStateName::Submitted, BatchStateName::Cancelling]).await?;
        let mut pause = IDLE;
        while let Some(batch) = batches.pop() {
            let is_cancelling = settle(&self.context, &self.operator, &batch).await?;
            pause = pause.min(match feed(&self.context, &batch).await? {
                Fed::Some => Duration::ZERO,
                Fed::Full => WHILE_FULL,
                Fed::Nothing if is_cancelling => WHILE_FULL,
                Fed::Nothing => IDLE,
            });
        }
        Ok(pause)
    }

    /// Returns batches in these states, newest first.
    async fn batches(&self, states: &[BatchStateName]) -> Result<Vec<Batch>, StoreError> {
        let (mut batches, mut after) = (Vec::new(), None);
        loop {
            let page = self.context.ports.batches.batches(states, after.as_ref(), MOST_AT_ONCE).await?;
            for (id, reason) in page.broken {
                tracing::error!(batch = id, reason, "skipped batch that cannot be read");
            }
            batches.extend(page.items.into_iter().map(|stored| stored.batch));
            after = page.next;
            if after.is_none() {
                return Ok(batches);
            }
        }
    }

    fn goes_on(&self, until: Duration, stop: &CancellationToken) -> bool {
        !stop.is_cancelled() && self.context.ports.clock.monotonic() < until
    }

    async fn rest(&self, wake: &Wake, until: Duration, stop: &CancellationToken, pause: Duration) {
        let left = until.saturating_sub(self.context.ports.clock.monotonic());
        tokio::select! {
            biased;
            () = stop.cancelled() => {}
            () = wake.woken() => {}
            () = self.context.ports.clock.sleep(pause.min(left)) => {}
        }
    }

    /// Reports the failure once, and returns the pause after it.
    fn failed(&self, error: &BatchError) -> Duration {
        match error {
            BatchError::Store(error) => {
                let reason = explain(&findings::store(error));
                if self.context.outages.add(Party::Store, reason.clone()) {
                    tracing::error!(%reason, "store is failing; batches are on hold");
                }
            }
            error => tracing::warn!(%error, "could not work on batch; trying again"),
        }
        AFTER_FAILURE
    }
}
