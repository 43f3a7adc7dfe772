//! Request and result of order creation.

use keyferry_domain::{Caller, DeliveryId, Order, OrderInfo, ShipmentId};

/// Validated order and its caller.
#[derive(Clone, Debug)]
pub struct CreateRequest {
    /// Caller that orders.
    pub caller: Caller,
    /// Order to place.
    pub order: Order,
    /// What the caller said about the order.
    pub info: OrderInfo,
    /// Whether the user may have another open order.
    pub additional: bool,
    /// Whether the user may hold a privileged role although the settings refuse such users.
    pub may_be_privileged: bool,
    /// Idempotency key from the caller, and the SHA-256 of the body in hex.
    pub idempotency: Option<(String, String)>,
    /// Descriptions of members of the request that were ignored. For operators; printable and bounded by the caller.
    pub unknown_members: Vec<String>,
}

impl CreateRequest {
    /// Returns what is recorded about the order beside person, key and address.
    pub(super) fn info_with_country(&self) -> OrderInfo {
        OrderInfo { country: Some(self.order.mailing_address.country_code_2.clone()), ..self.info.clone() }
    }
}

/// Accepted order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Created {
    /// Keyferry's id.
    pub shipment: ShipmentId,
    /// Delivery service's id.
    pub delivery_id: DeliveryId,
    /// Whether this is the response to an earlier request with the same idempotency key.
    pub replayed: bool,
}
