//! Plaintexts of the credential request and of the PIN request.

use keyferry_domain::{PinLength, ShipmentId};
use keyferry_jose::EncryptionKey;
use serde_json::{Map, Value, json};
use zeroize::Zeroizing;

use super::NAME;
use crate::envelope::Plaintext;

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
