//! An adapter whose factory is an external script. Only the published keys are served over HTTP.

use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use axum::Json;
use axum::routing::get;
use chrono::TimeDelta;
use keyferry_domain::ports::{Preparation, PreparedOrder};
use keyferry_domain::{
    Clock, CreationOptions, Entropy, Failure, PinLength, Sealer as _, SecretBytes, ShipmentId, Timestamp, UserHandle,
};
use keyferry_http::{Client, ClientOptions, SecretSource};
use keyferry_yubico::{ContentEncryption, Delivery, KeyManagement, YubicoSettings};
use serde_json::{Value, json};
use url::Url;

/// An independent implementation: its name for failures, and the command of its script if it is installed.
pub(crate) type Outsider = (&'static str, fn() -> Option<Command>);

pub(crate) const OUTSIDERS: [Outsider; 3] = [
    ("npm jose", || keyferry_outsiders::node("jose/with_npm_jose.mjs")),
    ("jwcrypto", || keyferry_outsiders::python("jose/with_jwcrypto.py")),
    ("joserfc", || keyferry_outsiders::python("jose/with_joserfc.py")),
];

pub(crate) struct World {
    pub(crate) delivery: Delivery,
    pub(crate) clock: Arc<TestClock>,
    signing: Arc<Mutex<Value>>,
}

impl World {
    /// Starts the key server. `keys` contains `jwks_transport` and `jwks_sign`.
    pub(crate) async fn new(keys: &Value, alg: KeyManagement, enc: ContentEncryption) -> Self {
        let (transport, signing) = (keys["jwks_transport"].clone(), Arc::new(Mutex::new(keys["jwks_sign"].clone())));
        let served = Arc::clone(&signing);
        let app = axum::Router::new()
            .route("/transport", get(|| async move { Json(transport) }))
            .route("/sign", get(|| async move { Json(served.lock().unwrap().clone()) }));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = |path: &str| Url::parse(&format!("http://{}/{path}", listener.local_addr().unwrap())).unwrap();
        let settings = YubicoSettings { alg, enc, ..YubicoSettings::new(url("v1"), url("sign"), url("transport")) };
        tokio::spawn(async { axum::serve(listener, app).await });
        let clock = Arc::new(TestClock::default());
        let http = Client::new(ClientOptions::default()).unwrap();
        let delivery = Delivery::new(settings, http, Arc::new(NoToken), Arc::new(Dice::default()), clock.clone());
        Self { delivery: delivery.unwrap(), clock, signing }
    }

    pub(crate) fn publish_signing_keys(&self, set: Value) {
        *self.signing.lock().unwrap() = set;
    }

    pub(crate) async fn prepare(&self, n: u8, options: &CreationOptions, pin_length: u8) -> Prepared {
        let request = shipment(n);
        let pin_length = PinLength::try_from(i64::from(pin_length)).unwrap();
        let preparation = Preparation { request, creation_options: vec![options], pin_length };
        let PreparedOrder { sealed, response_key } = self.delivery.prepare(&preparation).await.unwrap();
        let [credential_request] = &sealed.credential_requests[..] else { panic!("expected one credential request") };
        Prepared {
            request,
            response_key: response_key.expose().to_vec(),
            credential_request: credential_request.clone(),
            pin_request: sealed.pin_request,
            pin_length,
        }
    }

    /// Opens a response and returns its content with the member names of its payload. `kind` is `credential` or `pin`.
    pub(crate) async fn open(&self, kind: &str, order: &Prepared, envelope: &str) -> Result<Value, Failure> {
        let key = SecretBytes::new(order.response_key.clone());
        if kind == "pin" {
            let opened = self.delivery.open_pin(order.request, &key, envelope, order.pin_length).await?;
            let pin = opened.pin.expose();
            Ok(json!({
                "serial_number": opened.serial.as_str(), "pin": pin, "change_on_first_use": opened.change_on_first_use,
            }))
        } else {
            let opened = self.delivery.open_credential(order.request, &key, envelope).await?;
            let credential = opened.registration_response;
            Ok(json!({
                "serial_number": opened.serial.as_str(), "firmware_version": opened.firmware, "credential": credential,
            }))
        }
    }
}

/// A prepared order with its private response key.
pub(crate) struct Prepared {
    pub(crate) request: ShipmentId,
    pub(crate) response_key: Vec<u8>,
    pub(crate) credential_request: String,
    pub(crate) pin_request: String,
    pub(crate) pin_length: PinLength,
}

impl Prepared {
    pub(crate) fn private_jwk(&self) -> Value {
        serde_json::from_slice(&self.response_key).unwrap()
    }

    pub(crate) fn public_jwk(&self) -> Value {
        let mut jwk = self.private_jwk();
        jwk.as_object_mut().unwrap().remove("d").unwrap();
        jwk
    }
}

/// Creation options as Microsoft Graph returns them, with non-ASCII names; with `whole` also all optional members.
pub(crate) fn creation_options(whole: bool) -> CreationOptions {
    let challenge = "ZXlKaGJHY2lPaUpTVTBFdFQwRkZVQzB5TlRZaWZR.a=b";
    let mut public_key = json!({
        "rp": { "id": "login.microsoft.com", "name": "Microsoft" },
        "user": { "id": "T0Y6bnZhbGlk", "name": "ada@contoso.example", "displayName": "Ada \"Łovelace\" 🗝\u{2028}" },
        "challenge": challenge,
        "pubKeyCredParams": [{ "type": "public-key", "alg": -7 }, { "type": "public-key", "alg": -257 }],
    });
    if whole {
        public_key["excludeCredentials"] = json!([{ "id": "AQID", "type": "public-key", "transports": [] }]);
        public_key["authenticatorSelection"] = json!({ "requireResidentKey": true, "userVerification": "required" });
        public_key["attestation"] = json!("direct");
        public_key["extensions"] =
            json!({ "hmacCreateSecret": true, "credentialProtectionPolicy": "userVerificationOptional" });
    }
    CreationOptions {
        challenge: challenge.into(),
        public_key: public_key.as_object().unwrap().clone(),
        rp_id: "login.microsoft.com".into(),
        user_handle: UserHandle::new("T0Y6bnZhbGlk"),
        deadline: Timestamp::from_timestamp(1_781_000_000, 0).unwrap(),
        existing_credentials: 0,
        correlation: None,
    }
}

fn shipment(n: u8) -> ShipmentId {
    ShipmentId::new(Timestamp::from_timestamp(1_780_000_000 + i64::from(n), 0).unwrap(), &Dice::default())
}

/// Deterministic entropy. Keys are not generated from it.
#[derive(Default)]
struct Dice(AtomicU64);

impl Entropy for Dice {
    fn fill(&self, buffer: &mut [u8]) {
        for byte in buffer {
            *byte = self.0.fetch_add(151, Ordering::Relaxed).to_le_bytes()[0];
        }
    }
}

/// Clock that tests advance explicitly.
#[derive(Default)]
pub(crate) struct TestClock(Mutex<TimeDelta>);

impl TestClock {
    pub(crate) fn advance(&self, time: TimeDelta) {
        *self.0.lock().unwrap() += time;
    }
}

#[async_trait]
impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_timestamp(1_780_000_000, 0).unwrap() + *self.0.lock().unwrap()
    }

    async fn sleep(&self, _: Duration) {}
}

/// Fails when the token is read: no call in these tests may use the API token.
struct NoToken;

#[async_trait]
impl SecretSource for NoToken {
    async fn secret(&self) -> Result<SecretBytes, Failure> {
        panic!("the API token was read")
    }
}
