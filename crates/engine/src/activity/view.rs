//! Schedules and leases.

use keyferry_domain::Timestamp;
use keyferry_domain::ports::{Claim, StoreError};

use super::last_runs::{CleanUpRun, FinishedRun, ProcessingRun};
use crate::context::Context;
use crate::lease::{Duty, LIFETIME};
use crate::schedules::Schedule;

/// Schedules, with the last runs of this process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Activity {
    /// Unique id of this process among the replicas.
    pub replica: String,
    /// Next scheduled run. `None`: processing is not scheduled.
    pub next_processing: Option<Timestamp>,
    /// Next clean-up. `None`: it is not scheduled.
    pub next_clean_up: Option<Timestamp>,
    /// Days after which a clean-up deletes finished shipments. 0 keeps them.
    pub clean_up_after_days: u32,
    /// Last run of this process, scheduled or not.
    pub last_processing: Option<FinishedRun<ProcessingRun>>,
    /// Last clean-up of this process. The error is that of the store.
    pub last_clean_up: Option<FinishedRun<Result<CleanUpRun, String>>>,
}

/// Lease on work that one replica does at a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeaseView {
    /// Work.
    pub duty: Duty,
    /// Replica that does it, and until when unless it renews the lease. `None`: no replica does.
    pub held: Option<Claim>,
    /// Whether that is this process.
    pub is_own: bool,
}

pub(crate) fn activity(context: &Context) -> Activity {
    let (now, settings, last) = (context.now(), &context.settings, context.last_runs.state());
    let next = |schedule: &Schedule| schedule.next_after(now);
    Activity {
        replica: context.replica.clone(),
        next_processing: next(&settings.process_schedule),
        next_clean_up: next(&settings.cleanup_schedule),
        clean_up_after_days: settings.cleanup_completed_days,
        last_processing: last.processing,
        last_clean_up: last.clean_up,
    }
}

/// Returns the leases that are valid.
pub(crate) async fn leases(context: &Context) -> Result<Vec<LeaseView>, StoreError> {
    let (now, life) = (context.now(), LIFETIME.to_std().unwrap_or_default());
    let mut leases = Vec::new();
    for duty in Duty::ALL {
        let held = context.ports.leases.lease(duty.name()).await?.filter(|held| held.is_valid(now, life));
        let is_own = held.as_ref().is_some_and(|held| held.holder == context.replica);
        leases.push(LeaseView { duty, held, is_own });
    }
    Ok(leases)
}
