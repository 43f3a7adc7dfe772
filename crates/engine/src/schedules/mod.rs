//! Schedules of processing and clean-up, and the lease that selects the replica that runs them.

mod cleanup;
mod clock_watch;
pub mod cron;
mod lease;
mod plan;
mod runner;
mod watchdog;

pub use self::cleanup::CleanupReport;
pub use self::cron::Schedule;
pub use self::runner::Schedules;
