//! Watchdog of the scheduled runs.
//!
//! A replica watches only its own runs. While another replica holds the lease, that replica watches: the lease does not
//! contain the time of the last run.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use chrono::TimeDelta;
use keyferry_domain::Timestamp;

use super::cron::Schedule;
use crate::context::Context;
use crate::lease::RENEWAL;

/// Time that a run may take after its scheduled time before it is overdue.
const GRACE: TimeDelta = TimeDelta::minutes(1);

/// Watchdog of the scheduled runs. Uses the monotonic clock, so that it works while the wall clock is wrong.
pub(super) struct Watchdog<'a> {
    context: &'a Context,
    schedule: &'a Schedule,
    last: Mutex<Last>,
}

/// Last finished run.
struct Last {
    at: Timestamp,
    /// Time on the monotonic clock by which the next run must finish. `None`: no runs are scheduled.
    deadline: Option<Duration>,
    overdue: bool,
}

impl<'a> Watchdog<'a> {
    /// Creates a watchdog. The start counts as a finished run.
    pub(super) fn new(context: &'a Context, schedule: &'a Schedule) -> Self {
        let last = Last { at: context.now(), deadline: deadline(context, schedule), overdue: false };
        context.metrics.runs_overdue(false);
        Self { context, schedule, last: Mutex::new(last) }
    }

    /// Records that a scheduled run finished, or that another replica runs the schedule.
    pub(super) fn finished(&self) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.overdue {
            tracing::info!(since = %last.at, "scheduled runs finish again");
            self.context.health.set_runs_overdue(None);
            self.context.metrics.runs_overdue(false);
        }
        let deadline = deadline(self.context, self.schedule);
        *last = Last { at: self.context.now(), deadline, overdue: false };
    }

    /// Checks for overdue runs, without end.
    pub(super) async fn watch(&self) {
        if self.schedule.next_after(self.context.now()).is_none() {
            return std::future::pending().await;
        }
        loop {
            self.context.ports.clock.sleep(RENEWAL).await;
            self.check();
        }
    }

    fn check(&self) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let is_overdue = last.deadline.is_some_and(|deadline| deadline < self.context.ports.clock.monotonic());
        if is_overdue && !last.overdue {
            last.overdue = true;
            tracing::error!(
                since = %last.at,
                "no scheduled run finished for two intervals; shipments are not processed. Check the log for the \
                 cause and restart Keyferry"
            );
            self.context.health.set_runs_overdue(Some(last.at));
            self.context.metrics.runs_overdue(true);
        }
    }
}

/// Returns the time on the monotonic clock at which two runs after this one are overdue.
fn deadline(context: &Context, schedule: &Schedule) -> Option<Duration> {
    let now = context.now();
    let second = schedule.next_after(now).and_then(|next| schedule.next_after(next))?;
    let wait = (second - now + GRACE).to_std().unwrap_or_default();
    Some(context.ports.clock.monotonic() + wait)
}
