//! Runs: each open shipment goes as far as it can.
//!
//! [`Processing`] starts runs; a run works on one page of shipments after the other, each claimed and taken through its phases: the
//! order fares at the delivery service (`fulfil`), its credentials are registered (`register`), its PIN is handed over (`hand_over`).

mod advance;
mod backoff;
mod fulfil;
mod hand_over;
mod register;
mod report;
mod run;
mod start;
mod step;
mod worked;

pub use self::report::{Run, RunReport};
pub use self::start::Processing;
