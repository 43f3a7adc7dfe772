//! Scheduler: runs processing and clean-up on schedule, and due retries between two scheduled runs.

use std::sync::Arc;

use chrono::TimeDelta;
use keyferry_domain::Timestamp;
use keyferry_domain::ports::StoreError;
use tokio_util::sync::CancellationToken;

use super::cleanup::{CleanUp, CleanupReport};
use super::cron::Schedule;
use super::lease::{LIFETIME, Lease, RENEWAL};
use crate::context::Context;
use crate::processing::{Processing, Run};

/// Shortest pause before a run for due shipments. Without it, a shipment that stays due because another worker holds it
/// would cause runs in a tight loop.
const MIN_PAUSE: TimeDelta = TimeDelta::minutes(1);

/// Shortest pause after a run with an outage, for example throttling.
const MIN_PAUSE_AFTER_OUTAGE: TimeDelta = TimeDelta::minutes(5);

/// Scheduler of this replica. Cheap to clone.
#[derive(Clone)]
#[expect(missing_debug_implementations, reason = "it holds trait objects")]
pub struct Schedules {
    context: Arc<Context>,
    processing: Processing,
}

impl Schedules {
    pub(crate) fn new(context: Arc<Context>, processing: Processing) -> Self {
        Self { context, processing }
    }

    /// Processes shipments on schedule until `stop` is cancelled, while this replica holds the lease. A current run is
    /// finished first.
    pub async fn process_on_schedule(&self, schedule: &Schedule, stop: &CancellationToken) {
        let lease = Lease(&self.context);
        let (mut due, mut resume, mut held_before) = (None, None, false);
        let mut skipped: Option<Timestamp> = None;
        let mut planned = schedule.next_after(self.context.now());
        while let Some(next) = planned {
            let held = lease.renew().await;
            let now = self.context.now();
            if held != held_before {
                // The previous holder may have left due shipments, and, if it died shortly before a scheduled run, that
                // run as well. Times from before the change are dropped: they are now the other replica's.
                (due, held_before) = (held.then_some(now), held);
                resume = skipped.take().filter(|skipped| held && now - *skipped <= LIFETIME);
            }
            // Shipments on hold because of a cooldown are processed when it ends, not only at the next scheduled time.
            let whole: Timestamp = resume.map_or(next, |resume: Timestamp| resume.min(next));
            let at = due.map_or(whole, |due: Timestamp| due.min(whole));
            if at > now {
                if !self.nap_until(at, stop).await {
                    break;
                }
                continue;
            }
            if at == whole {
                // Count from now, so that times missed during a long run or a clock change are not made up one by one.
                planned = schedule.next_after(now.max(at));
            }
            if !held {
                skipped = Some(at);
                continue;
            }
            let report = if at == whole {
                lease.during(self.processing.whole_run()).await
            } else {
                Some(lease.during(self.processing.run(Run::Due)).await)
            };
            resume = report.as_ref().and_then(|report| report.resume_at);
            due = report.and_then(|report| {
                let pause = if !report.outages.is_empty() { MIN_PAUSE_AFTER_OUTAGE } else { MIN_PAUSE };
                report.next_due.map(|due| due.max(self.context.now() + pause))
            });
        }
        if held_before {
            lease.release().await;
        }
        stop.cancelled().await;
    }

    /// Cleans up on schedule until `stop` is cancelled, while this replica holds the lease.
    pub async fn clean_up_on_schedule(&self, schedule: &Schedule, stop: &CancellationToken) {
        let lease = Lease(&self.context);
        let mut planned = schedule.next_after(self.context.now());
        while let Some(next) = planned {
            if !self.sleep_until(next, stop).await {
                break;
            }
            if lease.renew().await
                && let Err(error) = lease.during(self.clean_up()).await
            {
                tracing::error!(%error, "clean-up failed; the next clean-up continues");
            }
            planned = schedule.next_after(self.context.now().max(next));
        }
        stop.cancelled().await;
    }

    /// Deletes shipments that finished more than the configured number of days ago, orphaned secrets and expired
    /// idempotency records.
    ///
    /// # Errors
    /// The error of the store. Deletions before the error are permanent; the next clean-up continues.
    pub async fn clean_up(&self) -> Result<CleanupReport, StoreError> {
        CleanUp(&self.context).run().await
    }

    /// Sleeps until `at`. Returns `false` if `stop` was cancelled first.
    async fn sleep_until(&self, at: Timestamp, stop: &CancellationToken) -> bool {
        while at > self.context.now() {
            if !self.nap_until(at, stop).await {
                return false;
            }
        }
        !stop.is_cancelled()
    }

    /// Sleeps until `at`, but at most [`RENEWAL`], so that the caller renews the lease and notices when the clock was
    /// set. Returns `false` if `stop` was cancelled.
    async fn nap_until(&self, at: Timestamp, stop: &CancellationToken) -> bool {
        let nap = (at - self.context.now()).to_std().unwrap_or_default().min(RENEWAL);
        tokio::select! {
            biased;
            () = self.context.ports.clock.sleep(nap) => !stop.is_cancelled(),
            () = stop.cancelled() => false,
        }
    }
}
