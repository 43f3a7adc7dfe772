//! Plaintexts of the credential request and of the PIN request, as specified in `docs/reference/envelope.md`.
//!
//! `request` is Keyferry's id of the shipment. The factory repeats it in the response as `request_id`, which
//! `response.rs` compares, so that a response to another order is rejected.

use keyferry_domain::{PinLength, ShipmentId};
use keyferry_jose::EncryptionKey;
use serde_json::{Map, Value, json};
use zeroize::Zeroizing;

use super::NAME;
use crate::envelope::Plaintext;

/// Returns the plaintext that requests one credential. `creation_options` are already checked and reduced to the
/// members that the factory uses.
pub(super) fn credential(
    request: ShipmentId,
    response_key: &EncryptionKey,
    creation_options: Map<String, Value>,
) -> Plaintext {
    let json = json!({
        "format": NAME,
        "type": "credential-request",
        "request_id": request.to_string(),
        "response_key": response_key.to_json(),
        "creation_options": creation_options,
    });
    plaintext("application/vnd.keyferry.credential-request+json", &json)
}

/// Returns the plaintext that requests a PIN of `length` code points, which the factory generates.
pub(super) fn pin(request: ShipmentId, response_key: &EncryptionKey, length: PinLength) -> Plaintext {
    let json = json!({
        "format": NAME,
        "type": "pin-request",
        "request_id": request.to_string(),
        "response_key": response_key.to_json(),
        "pin": { "type": "generate", "length": length.get() },
    });
    plaintext("application/vnd.keyferry.pin-request+json", &json)
}

fn plaintext(content_type: &'static str, json: &Value) -> Plaintext {
    Plaintext { content_type, json: Zeroizing::new(json.to_string().into_bytes()) }
}
