//! Test doubles of entropy, clock and token, and sample values.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use keyferry_domain::{
    Clock, CreationOptions, Entropy, Failure, Order, PinLength, SecretBytes, ShipmentId, Timestamp, UserHandle, UserRef,
};
use keyferry_http::SecretSource;
use keyferry_testkit::SeededRandom;
use serde_json::json;

/// Deterministic entropy: a fixed pseudo-random sequence, or one repeated byte.
pub(crate) struct Dice {
    chance: SeededRandom,
    fixed: Option<u8>,
}

impl Default for Dice {
    fn default() -> Self {
        Self { chance: SeededRandom::new(0), fixed: None }
    }
}

impl Dice {
    pub(crate) fn fixed(byte: u8) -> Self {
        Self { fixed: Some(byte), ..Self::default() }
    }
}

impl Entropy for Dice {
    fn fill(&self, buffer: &mut [u8]) {
        match self.fixed {
            Some(byte) => buffer.fill(byte),
            None => self.chance.fill(buffer),
        }
    }
}

/// Clock that tests advance explicitly.
pub(crate) struct TestClock(Mutex<Timestamp>);

impl Default for TestClock {
    fn default() -> Self {
        Self(Mutex::new(Timestamp::from_timestamp(1_780_000_000, 0).unwrap()))
    }
}

impl TestClock {
    pub(crate) fn advance(&self, seconds: i64) {
        *self.0.lock().unwrap() += chrono::TimeDelta::seconds(seconds);
    }
}

#[async_trait]
impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }

    async fn sleep(&self, _: Duration) {}
}

/// Source that returns the next API token for each call, and the last one for all further calls.
pub(crate) struct Tokens {
    texts: Mutex<Vec<&'static str>>,
    asked: AtomicUsize,
}

impl Tokens {
    pub(crate) fn new<const N: usize>(texts: [&'static str; N]) -> Self {
        Self { texts: Mutex::new(texts.to_vec()), asked: AtomicUsize::new(0) }
    }

    pub(crate) fn set<const N: usize>(&self, texts: [&'static str; N]) {
        *self.texts.lock().unwrap() = texts.to_vec();
        self.asked.store(0, Ordering::SeqCst);
    }

    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl SecretSource for Tokens {
    async fn secret(&self) -> Result<SecretBytes, Failure> {
        let index = self.asked.fetch_add(1, Ordering::SeqCst);
        let texts = self.texts.lock().unwrap();
        Ok(SecretBytes::new(texts[index.min(texts.len() - 1)].as_bytes().to_vec()))
    }
}

pub(crate) fn shipment(n: u8) -> ShipmentId {
    ShipmentId::new(Timestamp::from_timestamp(1_780_000_000 + i64::from(n), 0).unwrap(), &Dice::fixed(n))
}

pub(crate) fn six() -> PinLength {
    PinLength::try_from(6).unwrap()
}

pub(crate) fn order() -> Order {
    let mut order = keyferry_testkit::order(UserRef::parse("ada@contoso.example").unwrap());
    order.reseller_organization_id = Some("9pYkWVJvJ7gHnBq1F2cTzX".into());
    order
}

/// Creation options as Microsoft Graph returns them, with one excluded credential.
pub(crate) fn creation_options() -> CreationOptions {
    let serde_json::Value::Object(public_key) = json!({
        "rp": { "id": "login.microsoft.com", "name": "Microsoft" },
        "user": { "id": "T0Y6bnZhbGlk", "name": "ada@contoso.example", "displayName": "Ada Byron" },
        "challenge": "ZXlKaGJHY2lPaUpTVTBFdFQwRkZVQzB5TlRZaWZR.a=b",
        "pubKeyCredParams": [{ "type": "public-key", "alg": -7 }, { "type": "public-key", "alg": -257 }],
        "excludeCredentials": [{ "id": "AQID", "type": "public-key", "transports": [] }],
        "authenticatorSelection": {
            "authenticatorAttachment": "cross-platform", "requireResidentKey": true, "userVerification": "required",
        },
        "attestation": "direct",
        "extensions": { "hmacCreateSecret": true, "credentialProtectionPolicy": "userVerificationOptional" },
    }) else {
        unreachable!()
    };
    CreationOptions {
        challenge: "ZXlKaGJHY2lPaUpTVTBFdFQwRkZVQzB5TlRZaWZR.a=b".into(),
        public_key,
        rp_id: "login.microsoft.com".into(),
        user_handle: UserHandle::new("T0Y6bnZhbGlk"),
        deadline: Timestamp::from_timestamp(1_781_000_000, 0).unwrap(),
        existing_credentials: 0,
        correlation: None,
    }
}
