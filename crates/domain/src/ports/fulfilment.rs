//! The fulfilment service, and the factory behind it.

use async_trait::async_trait;
use serde_json::{Map, Value};

use crate::phase::FulfilmentState;
use crate::{
    CreationOptions, Failure, FulfilmentId, Hardware, Order, Pin, PinLength, SecretBytes, SerialNumber, ShipmentId,
    Tracking,
};

/// Orders keys, tells how they fare, and opens what the factory answers.
#[async_trait]
pub trait Fulfilment: Send + Sync {
    /// Checks an order against the limits that are known of the delivery service, without asking it.
    ///
    /// # Errors
    /// The first limit that the order breaks.
    fn check(&self, order: &Order) -> Result<(), OutsideLimits>;

    /// Seals the requests of one key for the factory under a fresh response key.
    async fn prepare(&self, preparation: &Preparation<'_>) -> Result<PreparedOrder, Failure>;

    /// Places the order. It is never repeated: a failure says by its `effect` whether an order may exist.
    async fn order(&self, order: &OrderToPlace<'_>) -> Result<PlacedOrder, Failure>;

    /// How the shipment fares. An unknown one is a failure `Answered` with status 404.
    async fn status(&self, shipment: &FulfilmentId) -> Result<FulfilmentStatus, Failure>;

    /// Opens a credential response: decrypts with the response key and verifies the signature inside, the type and
    /// that it answers `request`.
    async fn open_credential(
        &self,
        request: ShipmentId,
        response_key: &SecretBytes,
        envelope: &str,
    ) -> Result<OpenedCredential, Failure>;

    /// Opens a PIN response with the same care.
    async fn open_pin(
        &self,
        request: ShipmentId,
        response_key: &SecretBytes,
        envelope: &str,
        length: PinLength,
    ) -> Result<OpenedPin, Failure>;
}

/// An order that the delivery service is known to refuse.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct OutsideLimits(
    /// Which limit it breaks, in the delivery service's own words.
    pub String,
);

/// What is sealed for the factory.
#[derive(Debug)]
pub struct Preparation<'a> {
    /// Our id, which the responses repeat.
    pub request: ShipmentId,
    /// One for each credential on the key.
    pub creation_options: Vec<&'a CreationOptions>,
    /// How long the PIN is to be.
    pub pin_length: PinLength,
}

/// Sealed requests, and the secret that opens their answers.
#[derive(Debug)]
pub struct PreparedOrder {
    /// What goes to the delivery service.
    pub sealed: SealedKey,
    /// Private half of the response key, in the adapter's own form. Must be durable before the order is placed.
    pub response_key: SecretBytes,
}

/// The sealed requests of one key, JWE in compact serialisation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedKey {
    /// The PIN request.
    pub pin_request: String,
    /// One for each credential.
    pub credential_requests: Vec<String>,
}

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
    pub id: FulfilmentId,
    /// `client-request-id` of the call.
    pub correlation: Option<String>,
}

/// What the delivery service says of a shipment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FulfilmentStatus {
    /// Its state, as the service reports it.
    pub state: FulfilmentState,
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

/// A credential response that was decrypted and whose signature holds. The credential in it is still to be checked.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenedCredential {
    /// Serial number of the key it was made on.
    pub serial: SerialNumber,
    /// Firmware of that key.
    pub firmware: Option<String>,
    /// `RegistrationResponseJSON` (WebAuthn level 3 section 5.1).
    pub registration_response: Map<String, Value>,
}

/// A PIN response that was decrypted and whose signature holds. Not `Debug`, as its PIN is not.
pub struct OpenedPin {
    /// Serial number of the key it is for.
    pub serial: SerialNumber,
    /// The PIN.
    pub pin: Pin,
    /// Whether the key demands a new PIN before its first use.
    pub change_on_first_use: bool,
}
