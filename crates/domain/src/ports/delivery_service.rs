//! The delivery service: orders of keys and where they stand.

use async_trait::async_trait;

use crate::phase::DeliveryState;
use crate::ports::SealedKey;
use crate::{DeliveryId, Failure, Hardware, Order, ShipmentId, Tracking};

/// Places orders and reports on them.
#[async_trait]
pub trait DeliveryService: Send + Sync {
    /// Checks an order against the limits that are known of the delivery service, without asking it.
    ///
    /// # Errors
    /// The first limit that the order breaks.
    fn check(&self, order: &Order) -> Result<(), OutsideLimits>;

    /// Places the order. It is never repeated: a failure says by its `effect` whether an order may exist.
    async fn order(&self, order: &OrderToPlace<'_>) -> Result<PlacedOrder, Failure>;

    /// The status of the shipment. An unknown one is a failure of class `UnknownShipment`.
    async fn status(&self, shipment: &DeliveryId) -> Result<DeliveryStatus, Failure>;
}

/// An order that the delivery service is known to refuse.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct OutsideLimits(
    /// Which limit it breaks, in the delivery service's own words.
    pub String,
);

/// An order with its sealed requests.
#[derive(Debug)]
pub struct OrderToPlace<'a> {
    /// Our id, for correlation.
    pub request: ShipmentId,
    /// The order.
    pub order: &'a Order,
    /// The sealed requests of its one key.
    pub sealed: &'a SealedKey,
}

/// An order that the delivery service took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlacedOrder {
    /// Its id there.
    pub id: DeliveryId,
    /// `client-request-id` of the call.
    pub correlation: Option<String>,
}

/// What the delivery service says of a shipment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryStatus {
    /// Its state, as the service reports it.
    pub state: DeliveryState,
    /// What the state means for the order.
    pub progress: Progress,
    /// The state in one line for operators, such as `delivery state 3 (Awaiting validation)`.
    pub state_line: String,
    /// Where the parcel is.
    pub tracking: Tracking,
    /// One for each key made, in the order of the shipment's items; empty until then.
    pub items: Vec<FulfilledItem>,
    /// `client-request-id` of the call.
    pub correlation: String,
}

/// What the delivery service's state means for an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// The service works on it; there is nothing to do.
    InProgress,
    /// The order does not progress until somebody edits it at the delivery service.
    NeedsEditing,
    /// The key is made and its responses can be opened.
    Ready,
    /// The delivery failed.
    Failed,
    /// The adapter does not know the state. It is never taken for any other.
    Unknown,
}

/// One key that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FulfilledItem {
    /// Serial number and firmware.
    pub hardware: Hardware,
    /// The PIN response, sealed; `None` while the service does not serve it.
    pub pin_response: Option<String>,
    /// The credential responses, sealed.
    pub credential_responses: Vec<String>,
}
