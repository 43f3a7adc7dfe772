//! Whether scheduled runs are overdue.

use std::sync::{Mutex, PoisonError};

use keyferry_domain::Timestamp;

/// Time of the last finished run, if runs are overdue.
#[derive(Default)]
pub(crate) struct RunsOverdue(Mutex<Option<Timestamp>>);

impl RunsOverdue {
    pub(super) fn since(&self) -> Option<Timestamp> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets the state. Returns the previous one.
    pub(crate) fn replace(&self, since: Option<Timestamp>) -> Option<Timestamp> {
        std::mem::replace(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner), since)
    }
}
