//! Watch over scheduled runs: notices when none finishes.

use std::sync::{Arc, Mutex, PoisonError};

use keyferry_domain::Timestamp;

use super::cron::Schedule;
use super::lease::RENEWAL;
use super::wall_clock::WallClock;
use crate::context::Context;

/// Watch over the scheduled runs of this replica. It runs beside the scheduler, so that it also notices a run that
/// hangs.
pub(super) struct Watch<'a> {
    context: &'a Arc<Context>,
    schedule: &'a Schedule,
    /// Time of the last finished run, or since which this replica has to make runs.
    last: Mutex<Timestamp>,
}

impl<'a> Watch<'a> {
    pub(super) fn new(context: &'a Arc<Context>, schedule: &'a Schedule) -> Self {
        Self { context, schedule, last: Mutex::new(context.now()) }
    }

    /// Notes that a run over all shipments finished.
    pub(super) fn finished(&self) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = self.context.now();
    }

    /// Notes that this replica has no runs to make: another one holds the lease, or the store is unavailable.
    pub(super) fn rest(&self) {
        self.finished();
    }

    /// Compares regularly. Has no end.
    pub(super) async fn run(&self) {
        if matches!(self.schedule, Schedule::Off) {
            return std::future::pending().await;
        }
        let clock = self.context.ports.clock.as_ref();
        let mut wall = WallClock::look(clock);
        loop {
            clock.sleep(RENEWAL).await;
            if wall.jump(clock).is_some() {
                self.rest();
            }
            let overdue = self.overdue_since();
            let before = self.context.runs_overdue.replace(overdue);
            self.context.metrics.runs_overdue(overdue.is_some());
            match (before, overdue) {
                (None, Some(since)) => tracing::error!(%since,
                    remedy = "Look for earlier errors in the log. Restart the service if there are none, and report a bug.",
                    "no processing run finished for two intervals"),
                (Some(_), None) => tracing::info!("processing runs finish again"),
                _ => {}
            }
        }
    }

    /// Returns the time of the last finished run if two scheduled times have passed since.
    fn overdue_since(&self) -> Option<Timestamp> {
        let last = *self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let second = self.schedule.next_after(self.schedule.next_after(last)?)?;
        (self.context.now() > second).then_some(last)
    }
}
