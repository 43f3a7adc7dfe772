//! Schedules of processing and clean-up.

mod cleanup;
mod cleanup_batches;
mod clock_watch;
pub mod cron;
mod plan;
mod runner;
mod watchdog;

pub use self::cleanup::CleanupReport;
pub use self::cron::Schedule;
pub use self::runner::Schedules;
