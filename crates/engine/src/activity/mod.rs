//! What this process and the other replicas do, for operators.

mod last_runs;
mod view;

pub(crate) use self::last_runs::LastRuns;
pub use self::last_runs::{CleanUpRun, FinishedRun, ProcessingRun};
pub use self::view::{Activity, LeaseView};
pub(crate) use self::view::{activity, leases};
