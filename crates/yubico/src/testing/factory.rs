//! Test double of the key factory, written from `docs/reference/envelope.md`.

use keyferry_jose::{ContentEncryption, EncryptionKey, KeyManagement, PrivateKey, PublicKey, SigningKey, jwe, jws};
use serde_json::{Value, json};

/// PIN of every key.
pub(crate) const PIN: &str = "482137";

pub(crate) struct Factory {
    pub(crate) transport_keys: Vec<PrivateKey>,
    pub(crate) signing_key: SigningKey,
}

impl Factory {
    pub(crate) fn new() -> Self {
        let key = |n| PrivateKey::generate_with_kid(format!("APCS-Ttrans-{n}")).unwrap();
        Self {
            transport_keys: (1..=3).map(key).collect(),
            signing_key: SigningKey::generate("APCS-Tsgnkey-1").unwrap(),
        }
    }

    pub(crate) fn transport_jwks(&self) -> Value {
        let keys: Vec<_> = self.transport_keys.iter().map(|key| key.public_key().to_json()).collect();
        json!({ "keys": keys, "SkipUnresolvedJsonWebKeys": true })
    }

    pub(crate) fn signing_jwks(&self) -> Value {
        let mut key = self.signing_key.public_key().to_json();
        key["x5c"] = json!(["MIIB"]);
        json!({ "keys": [key], "SkipUnresolvedJsonWebKeys": true })
    }

    /// Decrypts a request and returns its header and its plaintext.
    pub(crate) fn open(&self, request: &str) -> (jwe::Header, Value) {
        let policy = jwe::Policy::default();
        let kid = jwe::peek_header(request, &policy).unwrap().kid;
        let key = self.transport_keys.iter().find(|key| key.kid() == kid).unwrap();
        let opened = jwe::decrypt(request, key, &policy).unwrap();
        (opened.header, serde_json::from_slice(&opened.plaintext).unwrap())
    }

    /// Returns the response to a credential request.
    pub(crate) fn credential_response(&self, request: &str) -> Reply {
        let (_, request) = self.open(request);
        assert_eq!(request["type"], "credential-request");
        Reply::new(
            &request,
            "credential-response",
            &json!({
                "firmware_version": "5.7.4",
                "credential": {
                    "id": "AQIDBA", "rawId": "AQIDBA", "type": "public-key",
                    "response": { "clientDataJSON": "e30", "attestationObject": "oA", "transports": ["usb", "nfc"] },
                    "clientExtensionResults": { "hmacCreateSecret": true },
                    "authenticatorAttachment": "cross-platform",
                },
            }),
        )
    }

    /// Returns the response to a PIN request.
    pub(crate) fn pin_response(&self, request: &str) -> Reply {
        let (_, request) = self.open(request);
        assert_eq!(request["pin"], json!({ "type": "generate", "length": 6 }));
        Reply::new(&request, "pin-response", &json!({ "pin": PIN, "change_on_first_use": true }))
    }
}

/// A response before it is signed and sealed. Tests change single parts to make it invalid.
pub(crate) struct Reply {
    pub(crate) payload: Value,
    pub(crate) content_type: Option<String>,
    pub(crate) envelope_type: Option<&'static str>,
    pub(crate) response_key: EncryptionKey,
    pub(crate) alg: KeyManagement,
    pub(crate) enc: ContentEncryption,
}

impl Reply {
    fn new(request: &Value, message_type: &str, rest: &Value) -> Self {
        let mut payload = json!({
            "format": "keyferry-1",
            "type": message_type,
            "request_id": request["request_id"],
            "issued_at": "2026-05-04T03:02:01Z",
            "serial_number": "3632071",
        });
        for (name, value) in rest.as_object().unwrap() {
            payload[name] = value.clone();
        }
        let response_key = PublicKey::from_json(&request["response_key"]).unwrap();
        Self {
            payload,
            content_type: Some(format!("application/vnd.keyferry.{message_type}+json")),
            envelope_type: Some("JOSE"),
            response_key: response_key.try_into().unwrap(),
            alg: KeyManagement::EcdhEsA256Kw,
            enc: ContentEncryption::A256Gcm,
        }
    }

    pub(crate) fn sealed_by(&self, signing_key: &SigningKey) -> String {
        self.sealed_text_by(self.payload.to_string().as_bytes(), signing_key)
    }

    /// Signs and seals another payload, which need not be JSON.
    pub(crate) fn sealed_text_by(&self, payload: &[u8], signing_key: &SigningKey) -> String {
        let signed = jws::sign_es384(payload, signing_key, self.content_type.as_deref()).unwrap();
        self.sealed(signed.as_bytes())
    }

    /// Seals any content without signing it.
    pub(crate) fn sealed(&self, content: &[u8]) -> String {
        jwe::encrypt(content, &self.response_key, self.alg, self.enc, self.envelope_type).unwrap()
    }
}
