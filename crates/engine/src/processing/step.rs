//! Result of processing one phase.

use keyferry_domain::ports::DeliveryStatus;
use keyferry_domain::{Change, Failure, Timestamp};

pub(super) enum Step {
    /// Commit the next phase and continue with it. It can reuse the delivery service's status.
    On(Change, Option<DeliveryStatus>),
    /// Commit the updated phase. There is nothing to do until the next run.
    Stay(Change),
    /// Commit the updated phase and record the failure.
    Held(Change, Failure),
    /// There is never anything to do in this phase.
    End,
}

/// What the step before, of the same worker, leaves to the next one.
pub(super) struct Before {
    /// Status of the delivery service.
    pub(super) status: DeliveryStatus,
    /// Until when no other worker can have begun with the phase, because this worker's commit entered it and took the
    /// claim.
    pub(super) alone_until: Timestamp,
}
