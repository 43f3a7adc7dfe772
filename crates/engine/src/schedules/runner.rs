//! When the work happens: on schedule, and between two runs when something is due.

use std::sync::Arc;

use chrono::TimeDelta;
use keyferry_domain::Timestamp;
use keyferry_domain::ports::StoreError;
use tokio_util::sync::CancellationToken;

use super::cleanup::{CleanUp, CleanupReport};
use super::cron::Schedule;
use super::lease::{LIFE, Lease, RENEWAL};
use crate::context::Context;
use crate::processing::{Processing, Run};

/// The shortest pause before what is due between two scheduled runs: a shipment may stay due because another worker
/// holds it.
const BREATH: TimeDelta = TimeDelta::minutes(1);

/// The same after a run that stopped for a reason which is no shipment's, such as throttling.
const LONG_BREATH: TimeDelta = TimeDelta::minutes(5);

/// The schedules of this replica. Cheap to clone: all clones are one.
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

    /// Processes on schedule until `stop` is cancelled, where this replica has the lease. A run under way is left to finish.
    pub async fn process_on_schedule(&self, schedule: &Schedule, stop: &CancellationToken) {
        let lease = Lease(&self.context);
        let (mut due, mut resume, mut led) = (None, None, false);
        let mut skipped: Option<Timestamp> = None;
        let mut planned = schedule.next_after(self.context.now());
        while let Some(next) = planned {
            let held = lease.renew().await;
            let now = self.context.now();
            if held != led {
                // Whoever led before may have left something that is due, and a whole run if it died shortly before one. What this
                // replica knew is for whoever leads now.
                (due, led) = (held.then_some(now), held);
                resume = skipped.take().filter(|skipped| held && now - *skipped <= LIFE);
            }
            // What was held back because a party asked for time need not wait for the schedule.
            let whole: Timestamp = resume.map_or(next, |resume: Timestamp| resume.min(next));
            let at = due.map_or(whole, |due: Timestamp| due.min(whole));
            if at > now {
                if !self.nap_until(at, stop).await {
                    break;
                }
                continue;
            }
            if at == whole {
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
                let breath = if !report.outages.is_empty() { LONG_BREATH } else { BREATH };
                report.next_due.map(|due| due.max(self.context.now() + breath))
            });
        }
        if led {
            lease.give_back().await;
        }
        stop.cancelled().await;
    }

    /// Cleans up on schedule until `stop` is cancelled, where this replica has the lease.
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
                tracing::error!(%error, "clean-up ended early; the next one goes on");
            }
            planned = schedule.next_after(self.context.now().max(next));
        }
        stop.cancelled().await;
    }

    /// Deletes shipments that were settled more than the configured number of days ago, and sweeps orphans.
    ///
    /// # Errors
    /// The store's. What was deleted until then is gone for good; the next clean-up goes on.
    pub async fn clean_up(&self) -> Result<CleanupReport, StoreError> {
        CleanUp(&self.context).run().await
    }

    /// `false` when `stop` was cancelled first.
    async fn sleep_until(&self, at: Timestamp, stop: &CancellationToken) -> bool {
        while at > self.context.now() {
            if !self.nap_until(at, stop).await {
                return false;
            }
        }
        !stop.is_cancelled()
    }

    /// Sleeps, but not for long at once, so that a clock that was set is noticed and the lease is renewed. `false` when `stop` was
    /// cancelled.
    async fn nap_until(&self, at: Timestamp, stop: &CancellationToken) -> bool {
        let nap = (at - self.context.now()).to_std().unwrap_or_default().min(RENEWAL);
        tokio::select! {
            biased;
            () = self.context.ports.clock.sleep(nap) => !stop.is_cancelled(),
            () = stop.cancelled() => false,
        }
    }
}
