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
}
