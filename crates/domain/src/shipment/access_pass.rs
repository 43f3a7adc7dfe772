//! Temporary access pass for a person whose key was lost.

use serde::{Deserialize, Serialize};

use crate::{Caller, ShipmentId, Timestamp};

/// Request for a temporary access pass, as the record of the lost key has it. The pass itself is stored nowhere. Who
/// may see it, and whether a link to it is valid, is in a secret of the shipment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AccessPass {
    /// Unique id of the request. It is not part of the link.
    pub id: ShipmentId,
    /// Caller that requested it.
    pub requested_by: Caller,
    /// Time of the request.
    pub requested_at: Timestamp,
    /// Identity provider's id of the pass that an earlier request led to. It is not valid any more when this one is
    /// made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<String>,
    /// Time at which the addressee asked to see the pass. The identity provider was asked to make it afterwards, so it
    /// may exist even if nobody saw it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opened_at: Option<Timestamp>,
    /// Time at which the pass was shown. The link is not valid any more then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen_at: Option<Timestamp>,
    /// Identity provider's id of the pass.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method_id: Option<String>,
    /// Time from which the pass is not valid any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<Timestamp>,
    /// Time at which the pass was deleted at the identity provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub removed_at: Option<Timestamp>,
}

impl AccessPass {
    /// Creates a request.
    pub fn new(id: ShipmentId, requested_by: Caller, requested_at: Timestamp) -> Self {
        Self {
            id,
            requested_by,
            requested_at,
            replaces: None,
            opened_at: None,
            seen_at: None,
            method_id: None,
            valid_until: None,
            removed_at: None,
        }
    }

    /// Returns whether a pass may exist that was not shown: making it was interrupted.
    pub fn is_interrupted(&self) -> bool {
        self.opened_at.is_some() && self.seen_at.is_none()
    }

    /// Returns whether the identity provider was asked for a pass, and may have made it.
    pub fn may_exist(&self) -> bool {
        self.opened_at.is_some() || self.replaces.is_some()
    }

    /// Returns the request that comes after an earlier one, whose pass may still exist.
    pub(super) fn after(self, earlier: Option<Self>) -> Self {
        let Some(earlier) = earlier.filter(|earlier| earlier.removed_at.is_none()) else { return self };
        let opened_at = earlier.opened_at.filter(|_| earlier.is_interrupted());
        Self { replaces: earlier.method_id.or(earlier.replaces), opened_at, ..self }
    }
}
