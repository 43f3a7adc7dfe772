//! Scheduler: runs processing and clean-up on schedule, and follows up on every run of this process, scheduled or on
//! demand: due retries, and shipments on hold whose cooldown ends.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use keyferry_domain::Timestamp;
use keyferry_domain::ports::{REPAIR, StoreError};
use tokio_util::sync::CancellationToken;

use super::cleanup::{CleanUp, CleanupReport};
use super::clock_watch::ClockWatch;
use super::cron::Schedule;
use super::plan::{Next, Plan};
use super::watchdog::Watchdog;
use crate::activity::{CleanUpRun, FinishedRun};
use crate::context::Context;
use crate::lease::{Duty, Holder, Lease, RENEWAL};
use crate::processing::{Processing, Run};
use crate::readiness::VERIFY;
use crate::reconciliation::Reconciliation;
use crate::stock;

const DAY: Duration = Duration::from_secs(24 * 3600);

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

    /// Processes shipments until `stop` is cancelled: on schedule, while this replica holds the lease, and whenever an
    /// earlier run of this process left something to follow up. Checks the store once a day. A current run
    /// is finished first.
    pub async fn process_on_schedule(&self, schedule: &Schedule, stop: &CancellationToken) {
        let context = &*self.context;
        let watchdog = Watchdog::new(context, schedule);
        tokio::select! {
            biased;
            () = self.process(schedule, &watchdog, stop) => {}
            () = watchdog.watch() => unreachable!("the watchdog has no end"),
            () = self.check_store_daily() => unreachable!("the checks have no end"),
            () = stock::watch(context) => unreachable!("the comparisons have no end"),
        }
        stop.cancelled().await;
    }

    async fn process(&self, schedule: &Schedule, watchdog: &Watchdog<'_>, stop: &CancellationToken) {
        let context = &*self.context;
        let lease = Lease::new(context, Duty::Schedules);
        let (mut clock, mut reports) = (ClockWatch::new(context.ports.clock.as_ref()), self.processing.reports());
        let mut plan = Plan::new(schedule, context.now());
        let mut held_before = false;
        let keeps_lease = plan.has_schedule();
        context.keeps_lease.store(keeps_lease, Ordering::Relaxed);
        while !stop.is_cancelled() {
            let holder = if keeps_lease { lease.renew().await } else { Holder::Nobody };
            let held = holder == Holder::ThisReplica;
            if holder == Holder::OtherReplica {
                watchdog.finished();
            }
            if clock.was_set() {
                plan.clock_was_set(context.cooldowns.last_end(context.ports.clock.as_ref()), context.now());
            }
            if held != held_before {
                plan.change_hands(held, context.now());
                held_before = held;
            }
            if reports.has_changed().unwrap_or_default()
                && let Some(report) = reports.borrow_and_update().as_ref()
            {
                plan.follow_up(report, context.now());
            }
            match plan.take(held, context.now()) {
                Next::ScheduledRun => {
                    if lease.during(self.processing.whole_run()).await {
                        watchdog.finished();
                    }
                }
                Next::FollowUp(Run::All) => self.follow_up(held, self.processing.whole_run()).await,
                Next::FollowUp(Run::Due) => self.follow_up(held, self.processing.run(Run::Due)).await,
                Next::Wait(until) => {
                    tokio::select! {
                        biased;
                        () = stop.cancelled() => {}
                        _ = reports.changed() => reports.mark_changed(),
                        () = self.nap_until(until) => {}
                    }
                }
            }
        }
        if held_before {
            lease.release().await;
        }
    }

    /// Runs a follow-up. It needs no lease: claims protect each shipment, and only the replica that ran the shipments
    /// knows what there is to follow up.
    async fn follow_up<T>(&self, held: bool, run: impl Future<Output = T>) {
        if held {
            Lease::new(&self.context, Duty::Schedules).during(run).await;
        } else {
            run.await;
        }
    }

    /// Checks the store for damage, and its events for changes by others, at start and once a day, without end.
    async fn check_store_daily(&self) {
        let context = &*self.context;
        loop {
            match context.ports.shipments.find_damage().await {
                Ok(findings) => {
                    for finding in &findings {
                        tracing::error!(finding, remedy = REPAIR, "store is damaged");
                    }
                    context.health.set_damage(findings);
                }
                Err(StoreError::Damaged(reason)) => {
                    tracing::error!(reason, remedy = REPAIR, "store is damaged and could not be checked completely");
                    context.health.set_damage(vec![reason]);
                }
                Err(error) => {
                    tracing::warn!(%error, "could not check the store for damage; the next check is due in a day")
                }
            }
            self.verify_events().await;
            context.ports.clock.sleep(DAY).await;
        }
    }

    async fn verify_events(&self) {
        let context = &*self.context;
        match context.ports.shipments.verify_events().await {
            Ok(None) => {}
            Ok(Some(chain)) => {
                if let Some(reason) = &chain.broken {
                    tracing::error!(reason, remedy = VERIFY, "events were changed outside of Keyferry");
                }
                context.metrics.events_verified(&chain);
                context.health.set_altered_events(chain.broken);
            }
            Err(error) => tracing::warn!(%error, "could not verify events; the next check is due in a day"),
        }
    }

    /// Cleans up on schedule until `stop` is cancelled, while this replica holds the lease.
    pub async fn clean_up_on_schedule(&self, schedule: &Schedule, stop: &CancellationToken) {
        let lease = Lease::new(&self.context, Duty::Schedules);
        let mut plan = Plan::new(schedule, self.context.now());
        while !stop.is_cancelled() {
            let until = match plan.take(true, self.context.now()) {
                Next::Wait(until) => until,
                Next::ScheduledRun | Next::FollowUp(_) => {
                    self.clean_up_with(&lease).await;
                    continue;
                }
            };
            tokio::select! {
                biased;
                () = stop.cancelled() => {}
                () = self.nap_until(until) => {}
            }
        }
    }

    /// Starts the comparison of both sides on schedule until `stop` is cancelled, while this replica holds the lease.
    pub async fn reconcile_on_schedule(&self, schedule: &Schedule, stop: &CancellationToken) {
        let lease = Lease::new(&self.context, Duty::Schedules);
        let mut plan = Plan::new(schedule, self.context.now());
        while !stop.is_cancelled() {
            let until = match plan.take(true, self.context.now()) {
                Next::Wait(until) => until,
                Next::ScheduledRun | Next::FollowUp(_) => {
                    if lease.renew().await == Holder::ThisReplica {
                        Reconciliation::new(self.context.clone()).start();
                        if !self.context.keeps_lease.load(Ordering::Relaxed) {
                            lease.release().await;
                        }
                    }
                    continue;
                }
            };
            tokio::select! {
                biased;
                () = stop.cancelled() => {}
                () = self.nap_until(until) => {}
            }
        }
    }

    async fn clean_up_with(&self, lease: &Lease<'_>) {
        if lease.renew().await != Holder::ThisReplica {
            return;
        }
        if let Err(error) = lease.during(self.clean_up()).await {
            tracing::error!(%error, "clean-up failed; the next clean-up continues");
        }
        // Without a schedule for processing, this replica does not need the lease before the next clean-up.
        if !self.context.keeps_lease.load(Ordering::Relaxed) {
            lease.release().await;
        }
    }

    /// Deletes shipments that finished more than the configured number of days ago, orphaned secrets and expired
    /// idempotency records.
    ///
    /// # Errors
    /// The error of the store. Deletions before the error are permanent; the next clean-up continues.
    pub async fn clean_up(&self) -> Result<CleanupReport, StoreError> {
        let context = &self.context;
        let begin = context.now();
        let done = CleanUp(context).run().await;
        let result = match &done {
            Ok(report) => Ok(CleanUpRun { shipments: report.shipments, batches: report.batches }),
            Err(error) => Err(error.to_string()),
        };
        context.last_runs.cleaned_up(FinishedRun { began_at: begin, ended_at: context.now(), result });
        done
    }

    /// Sleeps until `at`, but at most [`RENEWAL`], so that the caller renews the lease and notices when the wall clock
    /// was set. Sleeps without end if there is nothing to wait for.
    async fn nap_until(&self, at: Option<Timestamp>) {
        let Some(at) = at else { return std::future::pending().await };
        let nap = (at - self.context.now()).to_std().unwrap_or_default().min(RENEWAL);
        self.context.ports.clock.sleep(nap).await;
    }
}
