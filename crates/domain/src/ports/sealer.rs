//! The sealer: requests to the factory and the responses to them.

use async_trait::async_trait;
use serde_json::{Map, Value};

use crate::{CreationOptions, Failure, Pin, PinLength, SecretBytes, SerialNumber, ShipmentId};

/// Seals requests for the factory and opens its responses.
#[async_trait]
pub trait Sealer: Send + Sync {
    /// Seals the requests of one key for the factory under a fresh response key.
    async fn prepare(&self, preparation: &Preparation<'_>) -> Result<PreparedOrder, Failure>;

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
