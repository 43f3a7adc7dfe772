//! Obstacles from failures.

use keyferry_domain::{Failure, NewObstacle, ObstacleClass, Shipment};

use super::backoff::pause_before;
use crate::context::Context;
use crate::failures::{explain, explain_without_call};

/// Returns the obstacle for a failure that concerns this shipment, and logs it.
pub(crate) fn obstacle(context: &Context, shipment: &Shipment, failure: &Failure, class: ObstacleClass) -> NewObstacle {
    let (at, code, message) = (context.now(), failure.short(), explain(failure));
    let attempts = shipment.attempts_with(&code);
    let pause = pause_before(attempts, failure.retry_after, context.ports.entropy.as_ref());
    tracing::warn!(shipment = %shipment.id(), class = class.as_str(), reason = message, "shipment has an obstacle");
    NewObstacle {
        class,
        code,
        message,
        summary: explain_without_call(failure),
        correlation: failure.correlation.clone(),
        next_attempt: (class != ObstacleClass::Final).then(|| at + pause),
        at,
    }
}
