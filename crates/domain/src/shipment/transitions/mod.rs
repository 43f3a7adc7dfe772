//! Transitions of a shipment, grouped by their cause.

mod access_pass;
mod by_hand;
mod operator;
mod ordering;
mod person;
mod processing;
mod queue;
mod withdraw;

pub use operator::Retryable;
pub use ordering::Submission;
pub use queue::{Dispatch, Queueing};
