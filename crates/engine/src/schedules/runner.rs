//! Scheduler: runs processing and clean-up on schedule, and due retries between two scheduled runs.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use keyferry_domain::ports::StoreError;
use keyferry_domain::{Clock, Timestamp};
use tokio_util::sync::CancellationToken;

use super::cleanup::{CleanUp, CleanupReport};
use super::cron::Schedule;
use super::lease::{LIFETIME, Lease, RENEWAL};
use super::wall_clock::{Jump, WallClock};
use super::watch::Watch;
use crate::context::Context;
use crate::processing::{Processing, Run};

/// Scheduler of this replica. Cheap to clone.
#[derive(Clone)]
#[expect(missing_debug_implementations, reason = "it holds trait objects")]
pub struct Schedules {
    context: Arc<Context>,
    processing: Processing,
    /// Whether processing is scheduled, and keeps the lease between runs.
    keeps_lease: Arc<AtomicBool>,
}

impl Schedules {
    pub(crate) fn new(context: Arc<Context>, processing: Processing) -> Self {
        Self { context, processing, keeps_lease: Arc::default() }
    }

    /// Processes shipments on schedule until `stop` is cancelled, while this replica holds the lease. Also makes the
    /// runs that the last run of this process asks for: for these, neither a schedule nor the lease is needed, because
    /// the run may have been on demand. A current run is finished first.
    pub async fn process_on_schedule(&self, schedule: &Schedule, stop: &CancellationToken) {
        let watch = Watch::new(&self.context, schedule);
        tokio::select! {
            () = self.process_until(stop, schedule, &watch) => {}
            () = watch.run() => unreachable!("the watch has no end"),
        }
    }

    async fn process_until(&self, stop: &CancellationToken, schedule: &Schedule, watch: &Watch<'_>) {
        let (lease, follow_up) = (Lease(&self.context), self.processing.follow_up());
        let mut wall = WallClock::look(self.clock());
        let mut planned = schedule.next_after(self.context.now());
        self.keeps_lease.store(planned.is_some(), Ordering::Relaxed);
        let (mut held, mut skipped) = (false, None);
        while !stop.is_cancelled() {
            if let Some(Jump { expected, found }) = wall.jump(self.clock()) {
                tracing::warn!(%expected, %found, "wall clock was set; runs are planned again");
                planned = schedule.next_after(found);
                follow_up.replace(follow_up.get().map(|(run, _)| (run, found)));
                skipped = None;
            }
            let held_before = std::mem::replace(&mut held, planned.is_some() && lease.renew().await);
            let now = self.context.now();
            if held != held_before {
                // The previous holder may have left due shipments, and, if it died shortly before a scheduled run, that
                // run as well. Runs planned before the change are dropped: they are now the other replica's.
                let missed = skipped.take().is_some_and(|skipped: Timestamp| now - skipped <= LIFETIME);
                let run = if missed { Run::All } else { Run::Due };
                follow_up.replace(held.then_some((run, now)));
            }
            if !held {
                watch.rest();
            }
            let (run, at) = match (planned, follow_up.get()) {
                (Some(planned), Some((run, at))) if at < planned => (run, at),
                (Some(planned), _) => (Run::All, planned),
                (None, Some(follow_up)) => follow_up,
                (None, None) => {
                    tokio::select! {
                        () = follow_up.changed() => {}
                        () = stop.cancelled() => {}
                    }
                    continue;
                }
            };
            if at > now {
                tokio::select! {
                    _ = self.nap(at, stop) => {}
                    () = follow_up.changed() => {}
                }
                continue;
            }
            if planned == Some(at) {
                // Count from now, so that times missed during a long run are not made up one by one.
                planned = schedule.next_after(now.max(at));
                if !held {
                    skipped = Some(at);
                    continue;
                }
            }
            // The run plans the next one. If it panics, the next one is the scheduled one.
            follow_up.replace(None);
            let work = self.make(run);
            let finished = if held { lease.during(work).await } else { work.await };
            if finished {
                watch.finished();
            }
        }
        if held {
            lease.release().await;
        }
    }

    /// Returns whether a run over all shipments finished.
    async fn make(&self, run: Run) -> bool {
        match run {
            Run::All => self.processing.whole_run().await,
            Run::Due => {
                self.processing.run(run).await;
                false
            }
        }
    }

    /// Cleans up on schedule until `stop` is cancelled, while this replica holds the lease.
    pub async fn clean_up_on_schedule(&self, schedule: &Schedule, stop: &CancellationToken) {
        let lease = Lease(&self.context);
        let mut wall = WallClock::look(self.clock());
        let mut planned = schedule.next_after(self.context.now());
        while let Some(next) = planned {
            let now = self.context.now();
            if wall.jump(self.clock()).is_some() {
                planned = schedule.next_after(now);
                continue;
            }
            if next > now {
                if !self.nap(next, stop).await {
                    return;
                }
                continue;
            }
            if lease.renew().await {
                if let Err(error) = lease.during(self.clean_up()).await {
                    tracing::error!(%error, "clean-up failed; the next clean-up continues");
                }
                if !self.keeps_lease.load(Ordering::Relaxed) {
                    lease.release().await;
                }
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

    /// Sleeps until `at`, but at most [`RENEWAL`], so that the caller renews the lease and notices when the clock was
    /// set. Returns `false` if `stop` was cancelled.
    async fn nap(&self, at: Timestamp, stop: &CancellationToken) -> bool {
        let nap = (at - self.context.now()).to_std().unwrap_or_default().min(RENEWAL);
        tokio::select! {
            biased;
            () = self.clock().sleep(nap) => {}
            () = stop.cancelled() => {}
        }
        !stop.is_cancelled()
    }

    fn clock(&self) -> &dyn Clock {
        self.context.ports.clock.as_ref()
    }
}
