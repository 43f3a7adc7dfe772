//! When the next run is due, besides the scheduled ones.

use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::TimeDelta;
use keyferry_domain::Timestamp;
use tokio::sync::Notify;

use super::report::{Run, RunReport};

/// Shortest pause before a run for due shipments. Without it, a shipment that stays due because another worker holds it
/// would cause runs in a tight loop.
const MIN_PAUSE: TimeDelta = TimeDelta::minutes(1);

/// Shortest pause after a run with an outage, for example throttling.
const MIN_PAUSE_AFTER_OUTAGE: TimeDelta = TimeDelta::minutes(5);

/// Next run that the last one asks for. Every run sets it, also one on demand.
#[derive(Default)]
pub(crate) struct FollowUp {
    next: Mutex<Next>,
    changed: Notify,
}

#[derive(Clone, Copy, Default)]
struct Next {
    /// Time at which shipments with an obstacle are due.
    due: Option<Timestamp>,
    /// Time at which a cooldown of a dependency ends.
    resume: Option<Timestamp>,
}

impl FollowUp {
    /// Plans the next run after this one, which ended at `now`.
    pub(super) fn plan(&self, report: &RunReport, now: Timestamp) {
        let pause = if report.outages.is_empty() { MIN_PAUSE } else { MIN_PAUSE_AFTER_OUTAGE };
        let due = report.next_due.map(|due| due.max(now + pause));
        *self.next() = Next { due, resume: report.resume_at };
        // Keeps a permit: the scheduler may not wait yet.
        self.changed.notify_one();
    }

    /// Plans this run instead of what was planned.
    pub(crate) fn replace(&self, run: Option<(Run, Timestamp)>) {
        *self.next() = match run {
            Some((Run::All, at)) => Next { due: None, resume: Some(at) },
            Some((Run::Due, at)) => Next { due: Some(at), resume: None },
            None => Next::default(),
        };
    }

    /// Returns the next run and its time. Shipments on hold because of a cooldown need a run over all of them.
    pub(crate) fn get(&self) -> Option<(Run, Timestamp)> {
        let Next { due, resume } = *self.next();
        match (due, resume) {
            (Some(due), Some(resume)) if due < resume => Some((Run::Due, due)),
            (_, Some(resume)) => Some((Run::All, resume)),
            (Some(due), None) => Some((Run::Due, due)),
            (None, None) => None,
        }
    }

    /// Returns when another run was planned.
    pub(crate) async fn changed(&self) {
        self.changed.notified().await;
    }

    fn next(&self) -> MutexGuard<'_, Next> {
        self.next.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
