//! Transport keys, which requests are sealed to, and signing keys, which responses are signed with.

use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use keyferry_jose::{PrivateKey, SigningKey};
use rcgen::{CertificateParams, DnType, KeyPair, PKCS_ECDSA_P384_SHA384};
use rustls::pki_types::PrivatePkcs8KeyDer;
use serde_json::{Value, json};

use crate::error::Error;

/// Transport keys that are published at a time.
const TRANSPORT_KEYS: usize = 3;

/// The keys, which can be rotated.
#[derive(Debug)]
pub(crate) struct KeyRing(Mutex<Keys>);

impl KeyRing {
    /// Three transport keys and one signing key.
    pub(super) fn new() -> Result<Self, Error> {
        Ok(Self(Mutex::new(Keys::new()?)))
    }

    /// Returns the keys as they are now.
    pub(super) fn now(&self) -> Keys {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A new transport key in place of the oldest that is published; requests to the old one can still be opened.
    pub(crate) fn rotate_transport(&self) -> Result<(), Error> {
        self.replace(self.now().with_new_transport_key()?);
        Ok(())
    }

    /// A new signing key for responses; the old ones stay published.
    pub(crate) fn rotate_signing(&self) -> Result<(), Error> {
        self.replace(self.now().with_new_signing_key()?);
        Ok(())
    }

    fn replace(&self, keys: Keys) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = keys;
    }
}

/// The keys at one moment. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Keys {
    /// All that requests may still be sealed to, oldest first; the last [`TRANSPORT_KEYS`] are published.
    pub(super) transport: Arc<Vec<PrivateKey>>,
    /// All that were ever used, oldest first; the last one signs.
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
    /// Three transport keys and one signing key.
    fn new() -> Result<Self, Error> {
        let transport = (1..=TRANSPORT_KEYS).map(transport_key).collect::<Result<_, _>>()?;
        let signing = vec![Arc::new(Signing::new(1)?)];
        Ok(Self { transport: Arc::new(transport), signing, numbered: TRANSPORT_KEYS })
    }

    /// One transport key more; the oldest of those that are published is withdrawn. Requests that were sealed to it can
    /// still be opened, since orders are on their way for long.
    fn with_new_transport_key(self) -> Result<Self, Error> {
        let numbered = self.numbered + 1;
        let mut transport = Vec::with_capacity(numbered);
        for old in self.transport.iter() {
            transport.push(copy(old)?);
        }
        transport.push(transport_key(numbered)?);
        Ok(Self { transport: Arc::new(transport), numbered, ..self })
    }

    /// One signing key more, which signs from now on; the old ones stay published, since old responses are fetched again.
    fn with_new_signing_key(mut self) -> Result<Self, Error> {
        self.signing.push(Arc::new(Signing::new(self.signing.len() + 1)?));
        Ok(self)
    }

    /// Returns the transport keys that are published, the newest first, as JWKs.
    pub(super) fn published_transport(&self) -> Vec<Value> {
        self.transport.iter().rev().take(TRANSPORT_KEYS).map(|key| key.public_key().to_json()).collect()
    }

    /// Returns the signing keys, the newest first, as JWKs with their certificates.
    pub(super) fn published_signing(&self) -> Vec<Value> {
        self.signing.iter().rev().map(|signing| signing.to_json()).collect()
    }

    /// The key that signs now.
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
        let failed = |error: &dyn std::fmt::Display| Error::key_material("signing key of responses", error);
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
