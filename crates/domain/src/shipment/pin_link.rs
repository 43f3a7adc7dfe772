//! Link to the page that shows a PIN.

use serde::{Deserialize, Serialize};

use crate::{ShipmentId, Timestamp};

/// Link to the page that shows a PIN, as its shipment records it. Whether a link is valid, and for whom, is in the
/// shipment's secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PinLink {
    /// Unique id of the link. It is not part of the link.
    pub id: ShipmentId,
    /// Time from which the link is not valid any more.
    pub expires_at: Timestamp,
    /// Time at which the link was used. It is not valid any more then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen_at: Option<Timestamp>,
    /// Time at which the link was closed without being used, because the shipment was settled, or the PIN was released
    /// another way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_at: Option<Timestamp>,
}

impl PinLink {
    /// Creates a link that was not used.
    pub fn new(id: ShipmentId, expires_at: Timestamp) -> Self {
        Self { id, expires_at, seen_at: None, closed_at: None }
    }

    /// Returns whether the link was neither used nor closed.
    pub fn is_open(&self) -> bool {
        self.seen_at.is_none() && self.closed_at.is_none()
    }

    /// Closes the link, if it is open.
    pub(super) fn close(&mut self, at: Timestamp) {
        if self.is_open() {
            self.closed_at = Some(at);
        }
    }
}
