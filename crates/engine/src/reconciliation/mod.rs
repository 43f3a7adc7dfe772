//! Reconciliation: compares the records with the delivery service's list of orders and with the passkeys at the
//! identity provider. Changes nothing.
//!
//! The comparison consists of slices. Each has a bounded number of calls, and returns the position at which the next
//! one continues. So it survives the end of the process and of its caller, who keeps the position.

mod background;
mod compare;
mod difference;
mod orders;
mod reaching;
mod records;
mod slice;
mod state;
mod step;

pub use self::compare::Reconciliation;
pub use self::difference::{Difference, DifferenceKind};
pub use self::slice::{Compared, NotCompared, Position, Slice};
pub(crate) use self::state::State;
pub use self::state::Whole;
