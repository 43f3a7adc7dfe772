//! What must survive the loss of a write, or of the database: accepted orders and sent PINs.
//!
//! [`Ledger`] appends them to the journal and remembers them. [`OrderingHold`] stops ordering while an accepted order
//! cannot be recorded; [`resume_when_recorded`] records it as soon as possible. [`compare()`] finds out at start
//! whether the database is older than the journal.

mod compare;
mod hold;
mod ledger;
mod record;
mod resume;

pub use self::compare::Continuity;
pub(crate) use self::compare::{compare, confirm};
pub(crate) use self::hold::{OrderingHold, Unrecorded};
pub(crate) use self::ledger::{Ledger, key_hash};
pub(crate) use self::record::{accept_late, acceptance, commit_with_retries};
pub(crate) use self::resume::resume_when_recorded;
