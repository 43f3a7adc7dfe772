//! Transport keys, which encrypt requests, and signing keys, which sign responses.

use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use keyferry_jose::{PrivateKey, SigningKey};
use rcgen::{CertificateParams, DnType, KeyPair, PKCS_ECDSA_P384_SHA384};
use rustls::pki_types::PrivatePkcs8KeyDer;
use serde_json::{Value, json};

use crate::error::Error;

/// Number of published transport keys.
const TRANSPORT_KEYS: usize = 3;

/// Keys of the delivery service, with rotation.
#[derive(Debug)]
pub(crate) struct KeyRing(Mutex<Keys>);

impl KeyRing {
    /// Generates three transport keys and one signing key.
    pub(super) fn new() -> Result<Self, Error> {
        Ok(Self(Mutex::new(Keys::new()?)))
    }

    /// Returns the current keys.
    pub(super) fn now(&self) -> Keys {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Publishes a new transport key and withdraws the oldest one. Requests to the old key can still be decrypted.
    pub(crate) fn rotate_transport(&self) -> Result<(), Error> {
        self.replace(self.now().with_new_transport_key()?);
        Ok(())
    }

    /// Publishes a new signing key, which signs responses from now on. The old ones stay published.
    pub(crate) fn rotate_signing(&self) -> Result<(), Error> {
        self.replace(self.now().with_new_signing_key()?);
        Ok(())
    }

    fn replace(&self, keys: Keys) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = keys;
    }
}

/// Snapshot of the keys. A clone copies no key material.
#[derive(Clone, Debug)]
pub(super) struct Keys {
    /// All transport keys, oldest first. The last [`TRANSPORT_KEYS`] are published; all can decrypt requests.
    pub(super) transport: Arc<Vec<PrivateKey>>,
    /// All signing keys, oldest first. The last one signs.
    signing: Vec<Arc<Signing>>,
    numbered: usize,
}

#[derive(Debug)]
struct Signing {
    key: SigningKey,
    /// X.509, DER.
    certificate: Vec<u8>,
}

impl Keys {
    /// Generates three transport keys and one signing key.
    fn new() -> Result<Self, Error> {
        let transport = (1..=TRANSPORT_KEYS).map(transport_key).collect::<Result<_, _>>()?;
        let signing = vec![Arc::new(Signing::new(1)?)];
        Ok(Self { transport: Arc::new(transport), signing, numbered: TRANSPORT_KEYS })
    }

    /// Adds a transport key and withdraws the oldest published one.
    ///
    /// The withdrawn key can still decrypt requests, because an order can be in progress for a long time.
    fn with_new_transport_key(self) -> Result<Self, Error> {
        let numbered = self.numbered + 1;
        let mut transport = Vec::with_capacity(numbered);
        for old in self.transport.iter() {
            transport.push(copy(old)?);
        }
        transport.push(transport_key(numbered)?);
        Ok(Self { transport: Arc::new(transport), numbered, ..self })
    }

    /// Adds a signing key, which signs from now on.
    ///
    /// The old ones stay published, because clients can fetch old responses again.
    fn with_new_signing_key(mut self) -> Result<Self, Error> {
        self.signing.push(Arc::new(Signing::new(self.signing.len() + 1)?));
        Ok(self)
    }

    /// Returns the published transport keys as JWKs, newest first.
    pub(super) fn published_transport(&self) -> Vec<Value> {
        self.transport.iter().rev().take(TRANSPORT_KEYS).map(|key| key.public_key().to_json()).collect()
    }

    /// Returns the signing keys as JWKs with their certificates, newest first.
    pub(super) fn published_signing(&self) -> Vec<Value> {
        self.signing.iter().rev().map(|signing| signing.to_json()).collect()
    }

    /// Returns the current signing key.
    pub(super) fn signer(&self) -> Result<&SigningKey, String> {
        self.signing.last().map(|signing| &signing.key).ok_or_else(|| "no signing key".to_owned())
    }
}

fn transport_key(number: usize) -> Result<PrivateKey, Error> {
    PrivateKey::generate_with_kid(format!("SANDBOX-trans-I{number:03}"))
        .map_err(|error| Error::key_material("transport key", error))
}

fn copy(key: &PrivateKey) -> Result<PrivateKey, Error> {
    key.to_secret_bytes()
        .and_then(|bytes| PrivateKey::from_secret_bytes(&bytes))
        .map_err(|error| Error::key_material("transport key", error))
}

impl Signing {
    fn new(number: usize) -> Result<Self, Error> {
        let kid = format!("SANDBOX-sgnkey-H{number:03}");
        let failed = |error: &dyn std::fmt::Display| Error::key_material("response signing key", error);
        let key = SigningKey::generate(kid.clone()).map_err(|error| failed(&error))?;
        let der = key.to_pkcs8().map_err(|error| failed(&error))?;
        let der = PrivatePkcs8KeyDer::from(der.as_slice());
        let pair =
            KeyPair::from_pkcs8_der_and_sign_algo(&der, &PKCS_ECDSA_P384_SHA384).map_err(|error| failed(&error))?;
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, format!("Keyferry Sandbox response signing {kid}"));
        let certificate = params.self_signed(&pair).map_err(|error| failed(&error))?.der().to_vec();
        Ok(Self { key, certificate })
    }

    fn to_json(&self) -> Value {
        let mut jwk = self.key.public_key().to_json();
        jwk["x5c"] = json!([STANDARD.encode(&self.certificate)]);
        jwk
    }
}
