//! Shipment aggregate: one order for one user, with all data about it.
//!
//! Fields are private. A transition consumes the shipment and returns a [`Change`]: the new shipment and the events to
//! record. Stores commit both in one transaction.

mod access_pass;
mod aggregate;
mod change;
mod info;
mod obstacle;
mod person;
mod pin_link;
mod terms;
mod transitions;
mod withdrawal;
mod withdrawal_steps;

pub use access_pass::AccessPass;
pub use aggregate::{Common, In, Phased, Shipment};
pub use change::{Change, EventWrite};
pub use info::OrderInfo;
pub use obstacle::{NewObstacle, Obstacle, ObstacleClass};
pub use person::{AddressRequest, Objection, PersonMail, PersonSide};
pub use pin_link::PinLink;
pub use terms::{Term, UserKey};
pub use transitions::{Dispatch, Queueing, Retryable, Submission};
pub use withdrawal::{Replacement, Withdrawal, WithdrawalCause, WithdrawalStep};

#[cfg(test)]
mod tests;
