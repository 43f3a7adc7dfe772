//! When the work happens: on schedule, between two runs when something is due, and on demand.

use std::sync::PoisonError;

use chrono::TimeDelta;
use keyferry_domain::Timestamp;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::lead::{LIFE, RENEWAL};
use crate::process::Run;
use crate::{Engine, Schedule};

/// The shortest pause before what is due between two scheduled runs: a shipment may stay due because another worker
/// holds it.
const BREATH: TimeDelta = TimeDelta::minutes(1);

/// The same after a run that stopped for a reason which is no shipment's, such as throttling.
const LONG_BREATH: TimeDelta = TimeDelta::minutes(5);

impl Engine {
    /// Processes on schedule until `stop` is cancelled, where this replica has the lease. A run under way is left to finish.
    pub async fn process_on_schedule(&self, schedule: &Schedule, stop: &CancellationToken) {
        let (mut due, mut resume, mut led) = (None, None, false);
        let mut skipped: Option<Timestamp> = None;
        let mut planned = schedule.next_after(self.ports.clock.now());
        while let Some(next) = planned {
            let leads = self.leads().await;
            let now = self.ports.clock.now();
            if leads != led {
                // Whoever led before may have left something that is due, and a whole run if it died shortly before one. What this
                // replica knew is for whoever leads now.
                (due, led) = (leads.then_some(now), leads);
                resume = skipped.take().filter(|skipped| leads && now - *skipped <= LIFE);
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
            if !leads {
                skipped = Some(at);
                continue;
            }
            let report = if at == whole {
                self.leading(self.scheduled_run()).await
            } else {
                Some(self.leading(self.run(Run::Due)).await)
            };
            resume = report.as_ref().and_then(|report| report.resume_at);
            due = report.and_then(|report| {
                let breath = if !report.stops.is_empty() { LONG_BREATH } else { BREATH };
                report.next_due.map(|due| due.max(self.ports.clock.now() + breath))
            });
        }
        if led {
            self.stop_leading().await;
        }
        stop.cancelled().await;
    }

    /// Cleans up on schedule until `stop` is cancelled, where this replica has the lease.
    pub async fn clean_up_on_schedule(&self, schedule: &Schedule, stop: &CancellationToken) {
        let mut planned = schedule.next_after(self.ports.clock.now());
        while let Some(next) = planned {
            if !self.sleep_until(next, stop).await {
                break;
            }
            if self.leads().await
                && let Err(error) = self.leading(self.clean_up()).await
            {
                tracing::error!(%error, "clean-up ended early; the next one goes on");
            }
            planned = schedule.next_after(self.ports.clock.now().max(next));
        }
        stop.cancelled().await;
    }

    /// Processes now: joins a run under way or starts one, and waits for it for a while. The run goes on either way.
    pub async fn process_on_demand(&self) {
        let mut done = self.start_or_join();
        tokio::select! {
            _ = done.wait_for(|done| *done) => {}
            () = self.ports.clock.sleep(self.settings.on_demand_wait) => {}
        }
    }

    async fn scheduled_run(&self) -> Option<crate::RunReport> {
        let mut done = self.start_or_join();
        // An error means that the run's task died; the next one starts afresh.
        drop(done.wait_for(|done| *done).await);
        self.last_report.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn start_or_join(&self) -> watch::Receiver<bool> {
        let mut slot = self.run.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(under_way) = slot.as_ref()
            && !*under_way.borrow()
            && under_way.has_changed().is_ok()
        {
            return under_way.clone();
        }
        let (finished, done) = watch::channel(false);
        *slot = Some(done.clone());
        let engine = self.clone();
        self.tasks.spawn(async move {
            let report = engine.run(Run::All).await;
            // Also when there was nothing to do: whoever watches the log sees that runs take place.
            let (looked_at, moved, obstructed) = (report.looked_at, report.moved, report.obstructed);
            tracing::info!(looked_at, moved, obstructed, "processing is done");
            *engine.last_report.lock().unwrap_or_else(PoisonError::into_inner) = Some(report);
            finished.send_replace(true);
        });
        done
    }

    /// `false` when `stop` was cancelled first.
    async fn sleep_until(&self, at: Timestamp, stop: &CancellationToken) -> bool {
        while at > self.ports.clock.now() {
            if !self.nap_until(at, stop).await {
                return false;
            }
        }
        !stop.is_cancelled()
    }

    /// Sleeps, but not for long at once, so that a clock that was set is noticed and the lease is renewed. `false` when `stop` was
    /// cancelled.
    async fn nap_until(&self, at: Timestamp, stop: &CancellationToken) -> bool {
        let nap = (at - self.ports.clock.now()).to_std().unwrap_or_default().min(RENEWAL);
        tokio::select! {
            () = self.ports.clock.sleep(nap) => !stop.is_cancelled(),
            () = stop.cancelled() => false,
        }
    }
}
