//! Schedules, leases and app credentials, as the page shows them.

use keyferry_domain::Timestamp;
use keyferry_engine::{Activity, Duty, FinishedRun, LeaseView};

use crate::messages::Messages;
use crate::time::Instant;

/// Days before the expiry of an app credential from which on it is marked.
const SOON: i64 = 30;

/// Scheduled work.
pub(super) struct ScheduleRow {
    pub(super) name: &'static str,
    pub(super) next: Option<Instant>,
    pub(super) last: Option<Instant>,
    pub(super) result: String,
}

/// Lease on work that one process does at a time.
pub(super) struct LeaseRow {
    pub(super) name: &'static str,
    pub(super) holder: Option<String>,
    pub(super) is_own: bool,
    pub(super) until: Option<Instant>,
}

/// App credential of the connector that expires.
pub(super) struct CredentialRow {
    pub(super) name: String,
    pub(super) until: Instant,
    pub(super) left: String,
    pub(super) tone: &'static str,
}

pub(super) fn schedules(activity: &Activity, m: &'static Messages) -> Vec<ScheduleRow> {
    let t = m.health;
    fn ended<T>(run: Option<&FinishedRun<T>>) -> Option<Instant> {
        run.map(|run| run.ended_at.into())
    }
    let processing = activity.last_processing.as_ref();
    let clean_up = activity.last_clean_up.as_ref();
    vec![
        ScheduleRow {
            name: t.processing,
            next: activity.next_processing.map(Instant::from),
            last: ended(processing),
            result: processing.map(|run| (t.processed)(&run.result)).unwrap_or_default(),
        },
        ScheduleRow {
            name: t.clean_up,
            next: activity.next_clean_up.filter(|_| activity.clean_up_after_days > 0).map(Instant::from),
            last: ended(clean_up),
            result: match clean_up.map(|run| &run.result) {
                Some(Ok(run)) => (t.cleaned_up)(run),
                Some(Err(_)) => t.failed.to_owned(),
                None if activity.clean_up_after_days == 0 => t.keeps_all.to_owned(),
                None => String::new(),
            },
        },
    ]
}

pub(super) fn leases(leases: Vec<LeaseView>, m: &'static Messages) -> Vec<LeaseRow> {
    let name = |duty| match duty {
        Duty::Schedules => m.health.duty_schedules,
        Duty::Queue => m.health.duty_queue,
        Duty::Batches => m.health.duty_batches,
        Duty::Webhooks => m.health.duty_webhooks,
    };
    let row = |lease: LeaseView| LeaseRow {
        name: name(lease.duty),
        is_own: lease.is_own,
        until: lease.held.as_ref().map(|held| held.until.into()),
        holder: lease.held.map(|held| held.holder),
    };
    leases.into_iter().map(row).collect()
}

pub(super) fn credentials(known: Vec<(String, Timestamp)>, now: Timestamp, m: &'static Messages) -> Vec<CredentialRow> {
    let mut known = known;
    known.sort_by_key(|(_, until)| *until);
    let row = |(name, until): (String, Timestamp)| {
        let days = (until - now).num_days();
        let tone = match () {
            () if until <= now => "bad",
            () if days < SOON => "alert",
            () => "good",
        };
        let left = if until <= now { m.health.expired.to_owned() } else { (m.health.days_left)(days) };
        CredentialRow { name, until: until.into(), left, tone }
    };
    known.into_iter().map(row).collect()
}
