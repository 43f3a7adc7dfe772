//! How far a create under way has come.

use std::sync::{Arc, Mutex, PoisonError};

use keyferry_domain::ShipmentId;

/// How far a create has come, so that a caller who stops waiting is told the truth.
#[derive(Default)]
enum Progress {
    #[default]
    Preparing,
    /// For the first request with the same idempotency key, which may be ordering.
    WaitingFor(ShipmentId),
    Ordering(ShipmentId),
    CallerGone,
}

#[derive(Clone, Default)]
pub(super) struct Stage(Arc<Mutex<Progress>>);

impl Stage {
    /// The outcome is another request's until `self.goes_on`.
    pub(super) fn waits_for(&self, first: ShipmentId) {
        self.set_unless_gone(Progress::WaitingFor(first));
    }

    /// Nothing is waited for any more.
    pub(super) fn goes_on(&self) {
        self.set_unless_gone(Progress::Preparing);
    }

    fn set_unless_gone(&self, next: Progress) {
        let mut progress = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !matches!(*progress, Progress::CallerGone) {
            *progress = next;
        }
    }

    /// Whether the caller was told that nothing was ordered: then further calls serve nobody.
    pub(super) fn caller_is_gone(&self) -> bool {
        matches!(*self.0.lock().unwrap_or_else(PoisonError::into_inner), Progress::CallerGone)
    }

    /// `false` when the caller was told already that nothing was ordered; then nothing must be.
    pub(super) fn start_ordering(&self, id: ShipmentId) -> bool {
        let mut progress = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match *progress {
            Progress::CallerGone => false,
            _ => {
                *progress = Progress::Ordering(id);
                true
            }
        }
    }

    /// The caller stops waiting: its shipment if the order may have been sent.
    pub(super) fn caller_leaves(&self) -> Option<ShipmentId> {
        let mut progress = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match *progress {
            Progress::Ordering(id) => Some(id),
            Progress::WaitingFor(first) => {
                *progress = Progress::CallerGone;
                Some(first)
            }
            Progress::Preparing | Progress::CallerGone => {
                *progress = Progress::CallerGone;
                None
            }
        }
    }
}
