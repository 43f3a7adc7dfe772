//! Reads the connector's secrets from its files with the key file, as an attacker with both could.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use keyferry_domain::ports::{SecretName, SecretStore as _};
use keyferry_domain::{Clock, Timestamp};
use keyferry_jose::PrivateKey;
use keyferry_store_sqlite::{SqliteOptions, SqliteStore};
use serde_json::Value;

const TENANT: &str = "11111111-2222-4333-8444-555555555555";

struct Now;

#[async_trait::async_trait]
impl Clock for Now {
    fn now(&self) -> Timestamp {
        std::time::SystemTime::now().into()
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

/// A response key: a private JWK.
pub struct ResponseKey {
    jwk: Vec<u8>,
}

impl ResponseKey {
    /// Returns `d` as in the JWK: base64url.
    pub fn text(&self) -> String {
        let jwk: Value = serde_json::from_slice(&self.jwk).unwrap();
        jwk["d"].as_str().unwrap().to_owned()
    }

    /// Returns `d` as bytes.
    pub fn scalar(&self) -> Vec<u8> {
        let scalar = URL_SAFE_NO_PAD.decode(self.text()).unwrap();
        assert_eq!(scalar.len(), 48);
        scalar
    }

    pub fn key(&self) -> PrivateKey {
        PrivateKey::from_secret_bytes(&self.jwk).unwrap()
    }
}

fn open(data: &Path, key_file: &Path) -> SqliteStore {
    let mut options = SqliteOptions::new(data, TENANT, Arc::new(Now));
    options.check_disk = false;
    options.key_file = key_file.to_owned();
    SqliteStore::open(options).unwrap()
}

/// Returns all response keys with the Keyferry ids of their shipments.
pub async fn response_keys(data: &Path, key_file: &Path) -> Vec<(String, ResponseKey)> {
    let store = open(data, key_file);
    let (names, more) = store.list(None).await.unwrap();
    assert!(more.is_none());
    let mut keys = Vec::new();
    for (name, _) in names {
        let SecretName::Shipment(shipment) = name else { continue };
        // `None`: the secret was purged after the list was read.
        let Some(secret) = store.get(&name).await.unwrap() else { continue };
        // Before it is a line with digests of the record.
        let bundle = secret.expose().rsplit(|&byte| byte == b'\n').next().unwrap();
        let bundle: Value = serde_json::from_slice(bundle).unwrap();
        let jwk = STANDARD_NO_PAD.decode(bundle["response_key"].as_str().unwrap()).unwrap();
        keys.push((shipment.to_string(), ResponseKey { jwk }));
    }
    keys
}
