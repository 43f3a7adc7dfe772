//! Plan of the next run.

use chrono::TimeDelta;
use keyferry_domain::Timestamp;

use super::cron::Schedule;
use crate::lease::LIFETIME;
use crate::processing::{Run, RunReport};

/// Shortest pause before a run for due shipments. Without it, a shipment that stays due because another worker holds it
/// would cause runs in a tight loop.
const MIN_PAUSE: TimeDelta = TimeDelta::minutes(1);

/// Shortest pause after a run with an outage, for example throttling.
const MIN_PAUSE_AFTER_OUTAGE: TimeDelta = TimeDelta::minutes(5);

/// Plan of the next runs.
pub(super) struct Plan<'a> {
    schedule: &'a Schedule,
    /// Next scheduled time. `None`: disabled.
    scheduled: Option<Timestamp>,
    /// Time of the next run for due shipments.
    due: Option<Timestamp>,
    /// Time of the next run for shipments on hold.
    resume: Option<Timestamp>,
    /// Last scheduled time at which another replica held the lease.
    skipped: Option<Timestamp>,
    /// When the scheduled time was last compared with the clock.
    looked: Timestamp,
}

/// What to do next.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    ScheduledRun,
    FollowUp(Run),
    /// Wait until this time, or without end.
    Wait(Option<Timestamp>),
}

impl<'a> Plan<'a> {
    pub(super) fn new(schedule: &'a Schedule, now: Timestamp) -> Self {
        Self { schedule, scheduled: schedule.next_after(now), due: None, resume: None, skipped: None, looked: now }
    }

    pub(super) fn has_schedule(&self) -> bool {
        self.scheduled.is_some()
    }

    /// Plans the follow-up of a run of this process, of any kind.
    pub(super) fn follow_up(&mut self, report: &RunReport, now: Timestamp) {
        let pause = if report.outages.is_empty() { MIN_PAUSE } else { MIN_PAUSE_AFTER_OUTAGE };
        self.due = report.next_due.map(|due| due.max(now + pause));
        self.resume = report.resume_at;
    }

    /// Plans anew because the wall clock was set. `resume` is the end of the last cooldown on the new time.
    pub(super) fn clock_was_set(&mut self, resume: Option<Timestamp>, now: Timestamp) {
        self.due = self.due.map(|_| now);
        self.resume = resume;
    }

    /// Plans anew because this replica got or lost the lease.
    ///
    /// The previous holder may have left due shipments, and, if it died shortly before a scheduled run, that run as
    /// well. Times from before the change are dropped: they are now the other replica's.
    pub(super) fn change_hands(&mut self, held: bool, now: Timestamp) {
        self.due = held.then_some(now);
        self.resume = self.skipped.take().filter(|skipped| held && now - *skipped <= LIFETIME);
    }

    /// Returns what to do at `now`. A returned run is removed from the plan.
    pub(super) fn take(&mut self, held: bool, now: Timestamp) -> Next {
        // If the wall clock was set back, the planned time is too far away. After it was set forward, a missed time
        // counts once.
        let is_still_next = self.looked <= now && self.scheduled.is_some_and(|at| at > now);
        let next = if is_still_next { self.scheduled } else { self.schedule.next_after(now) };
        self.looked = now;
        if let Some(at) = self.scheduled.filter(|at| *at <= now) {
            self.scheduled = next;
            if held {
                return Next::ScheduledRun;
            }
            self.skipped = Some(at);
        }
        self.scheduled = self.scheduled.min(next);
        if self.resume.take_if(|at| *at <= now).is_some() {
            return Next::FollowUp(Run::All);
        }
        if self.due.take_if(|at| *at <= now).is_some() {
            return Next::FollowUp(Run::Due);
        }
        Next::Wait([self.scheduled, self.resume, self.due].into_iter().flatten().min())
    }
}
