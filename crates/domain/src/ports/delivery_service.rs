//! Delivery service: orders of keys and their status.

use async_trait::async_trait;

use crate::phase::DeliveryState;
use crate::ports::SealedKey;
use crate::ports::{AddressVerdict, Country, Inventory, OfferedProduct};
use crate::{DeliveryId, Failure, Hardware, MailingAddress, Order, OrderFinding, ShipmentId, Timestamp, Tracking};

/// Places orders and returns their status.
#[async_trait]
pub trait DeliveryService: Send + Sync {
    /// Returns all known limits of the delivery service that the order exceeds, without calling it.
    fn check(&self, order: &Order) -> Vec<OrderFinding>;

    /// Returns the products. `None` if the delivery service does not offer the list.
    ///
    /// # Errors
    /// [`Failure`], also if the list is incomplete.
    async fn products(&self) -> Result<Option<Vec<OfferedProduct>>, Failure> {
        Ok(None)
    }

    /// Returns the subscriptions and stocks of the organisation. `None` if the delivery service offers no such list.
    ///
    /// # Errors
    /// [`Failure`], also if the list is incomplete.
    async fn inventory(&self) -> Result<Option<Vec<Inventory>>, Failure> {
        Ok(None)
    }

    /// Returns the countries to which the organisation can order. `None` if the delivery service does not offer the
    /// list.
    ///
    /// # Errors
    /// [`Failure`], also if the list is incomplete.
    async fn countries(&self) -> Result<Option<Vec<Country>>, Failure> {
        Ok(None)
    }

    /// Has the delivery service judge an address. Changes nothing. `None` if it does not offer this.
    ///
    /// # Errors
    /// [`Failure`] if the delivery service gave no judgement.
    async fn validate_address(&self, _address: &MailingAddress) -> Result<Option<AddressVerdict>, Failure> {
        Ok(None)
    }

    /// Returns a page of the orders of the organisation, also those that Keyferry did not place, from `offset`. `None`
    /// if the delivery service does not offer the list, or a setting switches it off. Orders that come or go between
    /// two pages may be missing or repeated.
    ///
    /// # Errors
    /// [`Failure`] if the page cannot be read.
    async fn orders(&self, _offset: u64) -> Result<Option<ListedOrders>, Failure> {
        Ok(None)
    }

    /// Places the order. The engine never repeats this call.
    ///
    /// # Errors
    /// [`Failure`]; its `effect` states whether an order may exist.
    async fn order(&self, order: &OrderToPlace<'_>) -> Result<PlacedOrder, Failure>;

    /// Returns the status of the shipment.
    ///
    /// # Errors
    /// [`Failure`]; of class `UnknownShipment` if the shipment does not exist.
    async fn status(&self, shipment: &DeliveryId) -> Result<DeliveryStatus, Failure>;

    /// Closes all connections, because a response evidently belonged to another call.
    fn drop_connections(&self) {}

    /// Asks the delivery service to delete the order, so that its key is not made. Repeating the call is harmless.
    ///
    /// # Errors
    /// [`Failure`] if the delivery service did not decide. Whether the order still exists is then unknown.
    async fn cancel(&self, shipment: &DeliveryId) -> Result<Deletion, Failure>;
}

/// Page of the delivery service's list of orders.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListedOrders {
    /// Orders of the page.
    pub orders: Vec<ListedOrder>,
    /// Start of the next page. `None` on the last one.
    pub next: Option<u64>,
}

/// Order in the delivery service's list. It contains no data of its recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedOrder {
    /// Delivery service's id of the shipment.
    pub id: DeliveryId,
    /// State in one line for operators.
    pub state_line: String,
    /// Meaning of the state for the order.
    pub progress: Progress,
    /// Time of the order. `None` if it cannot be read.
    pub ordered_at: Option<Timestamp>,
}

/// Decision of the delivery service about the deletion of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deletion {
    /// The delivery service accepted the deletion.
    Accepted,
    /// The order cannot be deleted by a call: it is too late, or the service offers no such call.
    NotPossible {
        /// Reason, for operators.
        reason: String,
    },
}

/// Order with its sealed requests.
#[derive(Debug)]
pub struct OrderToPlace<'a> {
    /// Keyferry's id, for correlation.
    pub request: ShipmentId,
    /// Order to place.
    pub order: &'a Order,
    /// Sealed requests of the ordered key.
    pub sealed: &'a SealedKey,
}

/// Order accepted by the delivery service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlacedOrder {
    /// Delivery service's id of the shipment.
    pub id: DeliveryId,
    /// `client-request-id` of the call.
    pub correlation: Option<String>,
}

/// Status of a shipment in the delivery service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryStatus {
    /// State as reported by the service.
    pub state: DeliveryState,
    /// Meaning of the state for the order.
    pub progress: Progress,
    /// Whether the service reports that the parcel was delivered.
    pub delivered: bool,
    /// State in one line for operators, for example `delivery state 3 (Awaiting validation)`.
    pub state_line: String,
    /// Tracking data of the parcel.
    pub tracking: Tracking,
    /// One entry for each produced key, in the order of the shipment's items. Empty before production.
    pub items: Vec<DeliveredItem>,
    /// `client-request-id` of the call.
    pub correlation: String,
}

/// Meaning of a delivery state for an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// The service is processing the order. Nothing to do.
    InProgress,
    /// The order does not progress until an operator edits it in the delivery service.
    NeedsEditing,
    /// The key was produced and its responses can be opened.
    Ready,
    /// The delivery failed.
    Failed,
    /// The adapter does not know the state. Unknown states are never mapped to another value.
    Unknown,
}

/// Produced key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveredItem {
    /// Serial number and firmware.
    pub hardware: Hardware,
    /// Sealed PIN response. `None` if the service does not return it.
    pub pin_response: Option<String>,
    /// Sealed credential responses.
    pub credential_responses: Vec<String>,
}
