//! Responses of a client in WebAuthn's JSON types (section 5.1). Unknown members are ignored.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{Base64Url, Error};

const PUBLIC_KEY: &str = "public-key";

/// `RegistrationResponseJSON`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RegistrationResponse {
    /// Credential id.
    pub id: Base64Url,
    /// Credential id again. Must equal `id`.
    pub raw_id: Base64Url,
    /// `public-key`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Response of the authenticator.
    pub response: AttestationResponse,
    /// Client extension outputs, as reported by the client.
    #[serde(default)]
    pub client_extension_results: Map<String, Value>,
}

/// `AuthenticatorAttestationResponseJSON`. Ignores the members that repeat parts of the attestation object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AttestationResponse {
    /// Client data, as hashed.
    #[serde(rename = "clientDataJSON")]
    pub client_data_json: Base64Url,
    /// Attestation object, CBOR.
    pub attestation_object: Base64Url,
    /// Transports of the authenticator, for example `usb` or `nfc`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub transports: Vec<String>,
}

/// `AuthenticationResponseJSON`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuthenticationResponse {
    /// Credential id.
    pub id: Base64Url,
    /// Credential id again. Must equal `id`.
    pub raw_id: Base64Url,
    /// `public-key`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Response of the authenticator.
    pub response: AssertionResponse,
    /// Client extension outputs, as reported by the client.
    #[serde(default)]
    pub client_extension_results: Map<String, Value>,
}

/// `AuthenticatorAssertionResponseJSON`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AssertionResponse {
    /// Client data, as hashed.
    #[serde(rename = "clientDataJSON")]
    pub client_data_json: Base64Url,
    /// Authenticator data, as signed.
    pub authenticator_data: Base64Url,
    /// Signature; DER for ECDSA.
    pub signature: Base64Url,
    /// User handle, returned by discoverable credentials.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_handle: Option<Base64Url>,
}

impl RegistrationResponse {
    /// Creates a response from its parts.
    pub fn new(credential_id: &[u8], client_data_json: Vec<u8>, attestation_object: Vec<u8>) -> Self {
        Self {
            id: credential_id.into(),
            raw_id: credential_id.into(),
            kind: PUBLIC_KEY.to_owned(),
            response: AttestationResponse {
                client_data_json: client_data_json.into(),
                attestation_object: attestation_object.into(),
                transports: Vec::new(),
            },
            client_extension_results: Map::new(),
        }
    }
}

impl AuthenticationResponse {
    /// Creates a response from its parts.
    pub fn new(credential_id: &[u8], response: AssertionResponse) -> Self {
        Self {
            id: credential_id.into(),
            raw_id: credential_id.into(),
            kind: PUBLIC_KEY.to_owned(),
            response,
            client_extension_results: Map::new(),
        }
    }
}

/// Checks that `type` is `public-key` and that `id` and `rawId` are equal.
pub(crate) fn check_envelope(id: &Base64Url, raw_id: &Base64Url, kind: &str) -> Result<(), Error> {
    if kind != PUBLIC_KEY {
        return Err(Error::CredentialType { found: crate::client_data::excerpt(kind) });
    }
    if id != raw_id {
        return Err(Error::CredentialId { what: "id and rawId differ" });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn responses_round_trip_through_json() {
        let registration = json!({
            "id": "AQI", "rawId": "AQI", "type": "public-key",
            "response": {"clientDataJSON": "e30", "attestationObject": "oA", "transports": ["usb", "nfc"]},
            "clientExtensionResults": {"credProps": {"rk": true}},
        });
        let read: RegistrationResponse = serde_json::from_value(registration.clone()).unwrap();
        assert_eq!(read.response.client_data_json.as_bytes(), b"{}");
        assert_eq!(serde_json::to_value(&read).unwrap(), registration);

        let authentication = json!({
            "id": "AQI", "rawId": "AQI", "type": "public-key",
            "response": {"clientDataJSON": "e30", "authenticatorData": "AA", "signature": "MA", "userHandle": "dQ"},
            "clientExtensionResults": {},
        });
        let read: AuthenticationResponse = serde_json::from_value(authentication.clone()).unwrap();
        assert_eq!(read.response.user_handle, Some(b"u".as_slice().into()));
        assert_eq!(serde_json::to_value(&read).unwrap(), authentication);
    }

    #[test]
    fn ignores_additional_members_of_browsers() {
        let read: RegistrationResponse = serde_json::from_value(json!({
            "id": "AQI", "rawId": "AQI", "type": "public-key", "authenticatorAttachment": "cross-platform",
            "response": {
                "clientDataJSON": "e30", "attestationObject": "oA",
                "publicKeyAlgorithm": -7, "publicKey": "AA", "authenticatorData": "AA"
            },
        }))
        .unwrap();
        assert!(read.response.transports.is_empty() && read.client_extension_results.is_empty());
    }
}
