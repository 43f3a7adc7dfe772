//! What keeps a shipment from progressing.

use keyferry_domain::{CancelledBy, ObstacleClass, Phase, Shipment};

use crate::messages::Messages;
use crate::time::Instant;

/// What keeps the shipment from progressing, and what to do.
pub(super) struct ObstacleView {
    pub(super) class: &'static str,
    /// Whether time alone does not solve it.
    pub(super) needs_human: bool,
    pub(super) code: String,
    /// In English, from the engine.
    pub(super) message: String,
    pub(super) since: Instant,
    pub(super) attempts: u32,
    pub(super) next: Option<Instant>,
}

impl ObstacleView {
    /// Returns the obstacle, or the reason for which a phase ended without success.
    pub(super) fn of(shipment: &Shipment, m: &'static Messages) -> Option<Self> {
        if let Some(obstacle) = shipment.obstacle() {
            return Some(Self {
                class: (m.class)(obstacle.class),
                needs_human: obstacle.class != ObstacleClass::Retry,
                code: obstacle.code.clone(),
                message: obstacle.message.clone(),
                since: obstacle.since.into(),
                attempts: obstacle.attempts,
                next: obstacle.next_attempt.map(Instant::from),
            });
        }
        let (message, since) = match shipment.phase() {
            Phase::Refused(refused) => (&refused.reason, refused.at),
            Phase::Unconfirmed(unconfirmed) => (&unconfirmed.reason, unconfirmed.at),
            Phase::Cancelled(cancelled) if cancelled.by == CancelledBy::Processing => (&cancelled.reason, cancelled.at),
            _ => return None,
        };
        Some(Self {
            class: (m.class)(ObstacleClass::Final),
            needs_human: shipment.needs_human(),
            code: shipment.phase().name().as_str().to_owned(),
            message: message.clone(),
            since: since.into(),
            attempts: 1,
            next: None,
        })
    }
}
