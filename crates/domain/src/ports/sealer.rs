//! Sealer: requests to the factory and their responses.

use async_trait::async_trait;
use serde_json::{Map, Value};

use crate::{CreationOptions, Failure, Pin, PinLength, SecretBytes, SerialNumber, ShipmentId};

/// Seals requests for the factory and opens its responses.
#[async_trait]
pub trait Sealer: Send + Sync {
    /// Seals the requests for one key and creates a new response key for them.
    async fn prepare(&self, preparation: &Preparation<'_>) -> Result<PreparedOrder, Failure>;

    /// Opens a credential response: decrypts it with the response key, and verifies its signature, its type and that it
    /// answers `request`.
    async fn open_credential(
        &self,
        request: ShipmentId,
        response_key: &SecretBytes,
        envelope: &str,
    ) -> Result<OpenedCredential, Failure>;

    /// Opens a PIN response. Makes the same checks as [`Sealer::open_credential`].
    async fn open_pin(
        &self,
        request: ShipmentId,
        response_key: &SecretBytes,
        envelope: &str,
        length: PinLength,
    ) -> Result<OpenedPin, Failure>;
}

/// Content of the requests to seal.
#[derive(Debug)]
pub struct Preparation<'a> {
    /// Keyferry's id. The responses repeat it.
    pub request: ShipmentId,
    /// One entry for each credential on the key.
    pub creation_options: Vec<&'a CreationOptions>,
    /// Length of the PIN to generate.
    pub pin_length: PinLength,
}

/// Sealed requests, and the secret that opens their responses.
#[derive(Debug)]
pub struct PreparedOrder {
    /// Requests to send to the delivery service.
    pub sealed: SealedKey,
    /// Private part of the response key, in the adapter's own encoding. Must be stored durably before the order is
    /// placed.
    pub response_key: SecretBytes,
}

/// Sealed requests of one key, as JWE in compact serialisation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedKey {
    /// PIN request.
    pub pin_request: String,
    /// One request for each credential.
    pub credential_requests: Vec<String>,
}

/// Decrypted credential response with a valid signature. The credential in it is not verified yet.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenedCredential {
    /// Serial number of the key with the credential.
    pub serial: SerialNumber,
    /// Firmware of that key.
    pub firmware: Option<String>,
    /// `RegistrationResponseJSON` (WebAuthn level 3 section 5.1).
    pub registration_response: Map<String, Value>,
}

/// Decrypted PIN response with a valid signature. Not `Debug`, so that the PIN cannot be logged.
pub struct OpenedPin {
    /// Serial number of the key with this PIN.
    pub serial: SerialNumber,
    /// PIN of the key.
    pub pin: Pin,
    /// Whether the key requires a new PIN before its first use.
    pub change_on_first_use: bool,
}
