//! What the work of one phase led to.

use keyferry_domain::ports::DeliveryStatus;
use keyferry_domain::{Change, Failure};

pub(super) enum Step {
    /// Another phase: record it and go on. The delivery service's answer serves the next phase, too.
    On(Change, Option<DeliveryStatus>),
    /// The same phase with what is known now, and nothing to do until the next run.
    Stay(Change),
    /// The same phase with what is known now, and an obstacle.
    Held(Change, Failure),
    /// There is nothing to do in this phase.
    End,
}
