//! Requester of an order, for tests. It seals requests and opens responses as `docs/reference/envelope.md` describes.

use keyferry_jose::{ContentEncryption, EncryptionKey, Error, JwkSet, KeyManagement, PrivateKey, jwe, jws};
use serde_json::{Value, json};
use uuid::Uuid;

use super::bench::Bench;

pub(crate) const TOKEN: &str = "sandbox-delivery-token";

/// Requester that orders a key.
pub(crate) struct Requester<'a> {
    pub(crate) bench: &'a Bench,
    pub(crate) response_key: PrivateKey,
    pub(crate) request_id: String,
    pub(crate) product_id: u64,
    pub(crate) customization_id: &'static str,
    pub(crate) creation_options: Value,
    pub(crate) pin_length: usize,
}

impl<'a> Requester<'a> {
    pub(crate) fn new(bench: &'a Bench) -> Self {
        Self {
            bench,
            response_key: PrivateKey::generate_with_kid("response-key").unwrap(),
            request_id: Uuid::from_u128(0xabcd).to_string(),
            product_id: 29,
            customization_id: "CUSTID",
            creation_options: json!({
                "rp": { "id": "localhost", "name": "Contoso" },
                "user": { "id": "T0Y6YWRh", "name": "ada@contoso.example", "displayName": "Ada" },
                "challenge": "Y2hhbGxlbmdl",
                "pubKeyCredParams": [{ "type": "public-key", "alg": -257 }, { "type": "public-key", "alg": -7 }],
                "attestation": "direct",
                "extensions": {
                    "hmacCreateSecret": true,
                    "enforceCredentialProtectionPolicy": true,
                    "credentialProtectionPolicy": "userVerificationOptional"
                },
            }),
            pin_length: 8,
        }
    }

    async fn jwks(&self, name: &str) -> JwkSet {
        let response = self.bench.get(&format!(".well-known/{name}")).send().await.unwrap();
        JwkSet::parse(&response.bytes().await.unwrap()).unwrap()
    }

    fn common(&self, kind: &str) -> Value {
        json!({
            "format": "keyferry-1",
            "type": kind,
            "request_id": self.request_id,
            "response_key": self.response_key.public_key().to_json(),
        })
    }

    pub(crate) fn credential_request(&self) -> Value {
        let mut request = self.common("credential-request");
        request["creation_options"] = self.creation_options.clone();
        request
    }

    pub(crate) fn pin_request(&self) -> Value {
        let mut request = self.common("pin-request");
        request["pin"] = json!({ "type": "generate", "length": self.pin_length });
        request
    }

    /// Returns the body of an order with these requests.
    pub(crate) async fn body(&self, credential_request: &Value, pin_request: &Value) -> Value {
        let keys = self.jwks("yubico-transport-keys.jwks").await;
        let to = &keys.encryption_keys()[1];
        json!({
            "delivery_type": 1,
            "address_validation_bypass": false,
            "recipient": {
                "recipient_company": "Contoso", "recipient_email": "ada@contoso.example",
                "recipient_firstname": "Ada", "recipient_lastname": "Lovelace", "recipient_telephone": "555 0100"
            },
            "mailing_address": {
                "street_line1": "1 Main St", "city": "Springfield", "region": "IL", "postal_code": "62701",
                "country_code_2": "US"
            },
            "shipment_items": [{
                "product_id": self.product_id, "inventory_product_id": 106, "product_quantity": 1,
                "customization_id": self.customization_id,
                "product_customizations": [{
                    "fido_pin_request": sealed(pin_request, to),
                    "fido_credential_requests": [sealed(credential_request, to)],
                }]
            }]
        })
    }

    pub(crate) async fn post(&self, body: &Value) -> reqwest::Response {
        self.bench.post("delivery/v1/fpr/shipments", body).bearer_auth(TOKEN).send().await.unwrap()
    }

    /// Orders a key and returns the shipment id.
    pub(crate) async fn order(&self) -> String {
        let body = self.body(&self.credential_request(), &self.pin_request()).await;
        let answer = self.post(&body).await;
        assert_eq!(answer.status(), 200);
        let answer: Value = answer.json().await.unwrap();
        answer["shipment_id"].as_str().unwrap().to_owned()
    }

    /// Orders a key, advances its parcel until it is shipped, and returns the shipment id.
    pub(crate) async fn order_and_ship(&self) -> String {
        let id = self.order().await;
        for _ in 0..4 {
            self.advance(&id).await;
        }
        id
    }

    pub(crate) async fn advance(&self, id: &str) -> Value {
        let path = format!("control/parcels/{id}/advance");
        self.bench.post(&path, &json!({})).send().await.unwrap().json().await.unwrap()
    }

    pub(crate) async fn status(&self, id: &str) -> reqwest::Response {
        self.bench.get(&format!("delivery/v1/fpr/shipments/{id}")).bearer_auth(TOKEN).send().await.unwrap()
    }

    pub(crate) async fn shipment(&self, id: &str) -> Value {
        let response = self.status(id).await;
        assert_eq!(response.status(), 200);
        response.json().await.unwrap()
    }

    pub(crate) async fn tamper(&self, id: &str, what: &str) {
        let path = format!("control/parcels/{id}/tamper");
        let response = self.bench.post(&path, &json!({ "what": what })).send().await.unwrap();
        assert_eq!(response.status(), 204, "{what}");
    }

    /// Opens a response: decrypts it, verifies its signature, and checks content type and type.
    pub(crate) async fn open(&self, compact: &str, kind: &str) -> Result<Value, Error> {
        let outer = jwe::decrypt(compact, &self.response_key, &jwe::Policy::default())?;
        assert_eq!(outer.header.cty.as_deref(), Some("JOSE"));
        let keys = self.jwks("yubico-sign.jwks").await;
        let inner = jws::verify(&outer.plaintext, &keys, &jws::Policy::default())?;
        assert_eq!(inner.header.cty, Some(format!("application/vnd.keyferry.{kind}+json")));
        let plaintext: Value = serde_json::from_slice(&inner.payload).unwrap();
        assert_eq!(plaintext["format"], "keyferry-1");
        assert_eq!(plaintext["type"], kind);
        Ok(plaintext)
    }

    /// Returns both responses of a shipped parcel: credential and PIN.
    pub(crate) async fn responses(&self, id: &str) -> (Value, Value) {
        let shipment = self.shipment(id).await;
        let data = &shipment["shipment_items"][0]["product_data"][0];
        let credential = data["fido_credential_responses"][0].as_str().unwrap();
        let pin = data["fido_pin_response"].as_str().unwrap();
        (self.open(credential, "credential-response").await.unwrap(), self.open(pin, "pin-response").await.unwrap())
    }
}

fn sealed(request: &Value, to: &EncryptionKey) -> String {
    let cty = format!("application/vnd.keyferry.{}+json", request["type"].as_str().unwrap());
    let (alg, enc) = (KeyManagement::EcdhEsA256Kw, ContentEncryption::A256Gcm);
    jwe::encrypt(request.to_string().as_bytes(), to, alg, enc, Some(&cty)).unwrap()
}
