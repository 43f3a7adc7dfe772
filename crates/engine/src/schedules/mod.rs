//! When the work happens, and on which replica.

mod cleanup;
pub mod cron;
mod lease;
mod runner;

pub use self::cleanup::CleanupReport;
pub use self::cron::Schedule;
pub use self::runner::Schedules;
