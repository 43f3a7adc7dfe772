//! What can happen to a shipment, by who causes it.

mod by_hand;
mod operator;
mod ordering;
mod processing;

pub use operator::{Retryable, Settleable};
pub use ordering::Submission;
