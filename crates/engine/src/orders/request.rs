//! What is asked for, and what comes of it.

use keyferry_domain::{CallerId, DeliveryId, Order, ShipmentId};

/// A checked order and who asks for it.
#[derive(Clone, Debug)]
pub struct CreateRequest {
    /// The calling application.
    pub caller: CallerId,
    /// The order.
    pub order: Order,
    /// The caller's idempotency key, and a SHA-256 of the body in hex.
    pub idempotency: Option<(String, String)>,
}

/// An accepted order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Created {
    /// Our id.
    pub shipment: ShipmentId,
    /// The delivery service's id.
    pub delivery_id: DeliveryId,
}
