//! Progress of an order that is being created.

use std::sync::{Arc, Mutex, PoisonError};

use keyferry_domain::ShipmentId;
use tokio_util::sync::CancellationToken;

/// Progress of the creation. Determines the response for a caller whose time budget expires.
#[derive(Default)]
enum Progress {
    #[default]
    Preparing,
    /// Waiting for the first request with the same idempotency key, which may place an order.
    WaitingFor(ShipmentId),
    Ordering(ShipmentId),
    CallerGone,
}

#[derive(Clone, Default)]
pub(super) struct Stage {
    progress: Arc<Mutex<Progress>>,
    gone: CancellationToken,
}

impl Stage {
    /// Marks that the outcome depends on another request, until [`Self::resume`].
    pub(super) fn wait_for(&self, first: ShipmentId) {
        self.set_unless_gone(Progress::WaitingFor(first));
    }

    /// Marks that this request no longer waits for another one.
    pub(super) fn resume(&self) {
        self.set_unless_gone(Progress::Preparing);
    }

    fn set_unless_gone(&self, next: Progress) {
        let mut progress = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
        if !matches!(*progress, Progress::CallerGone) {
            *progress = next;
        }
    }

    /// Returns whether the caller received the response that nothing was ordered. Then nothing must be ordered.
    pub(super) fn caller_is_gone(&self) -> bool {
        matches!(*self.progress.lock().unwrap_or_else(PoisonError::into_inner), Progress::CallerGone)
    }

    /// Returns when the caller received the response that nothing was ordered.
    pub(super) async fn gone(&self) {
        self.gone.cancelled().await;
    }

    /// Marks that the order is about to be sent. Returns `false` if the caller already received the response that
    /// nothing was ordered; the order must then not be sent.
    pub(super) fn start_ordering(&self, id: ShipmentId) -> bool {
        let mut progress = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
        match *progress {
            Progress::CallerGone => false,
            _ => {
                *progress = Progress::Ordering(id);
                true
            }
        }
    }

    /// Marks that the caller's time budget expired. Returns the shipment if the order may have been sent.
    pub(super) fn caller_timed_out(&self) -> Option<ShipmentId> {
        let mut progress = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
        match *progress {
            Progress::Ordering(id) => Some(id),
            Progress::WaitingFor(first) => {
                *progress = Progress::CallerGone;
                self.gone.cancel();
                Some(first)
            }
            Progress::Preparing | Progress::CallerGone => {
                *progress = Progress::CallerGone;
                self.gone.cancel();
                None
            }
        }
    }
}
