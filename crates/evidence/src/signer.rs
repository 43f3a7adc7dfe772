//! The key that signs checkpoints.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use keyferry_domain::{SecretBytes, Timestamp};
use keyferry_jose::{JwkSet, SigningKey, jws};
use serde_json::Value;

use crate::{Checkpoint, Head};

/// Media type of a checkpoint's payload, in its JWS header.
const CHECKPOINT_TYPE: &str = "application/vnd.keyferry.checkpoint+json";

/// Signs checkpoints with ES384. The `kid` is the key's thumbprint (RFC 7638), so it identifies the key itself.
pub struct Signer {
    key: SigningKey,
    public: JwkSet,
    /// The checkpoint that was signed or verified last, with its JWS, so that the usual commit verifies nothing.
    known: Mutex<Option<(String, Checkpoint)>>,
}

/// A key cannot be created, read or used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignerError(String);

impl fmt::Display for SignerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the signing key of the event chain: {}", self.0)
    }
}

impl std::error::Error for SignerError {}

impl From<keyferry_jose::Error> for SignerError {
    fn from(error: keyferry_jose::Error) -> Self {
        Self(error.to_string())
    }
}

impl Signer {
    /// Generates a key.
    ///
    /// # Errors
    /// [`SignerError`] if the cryptographic library fails.
    pub fn generate() -> Result<Self, SignerError> {
        let key = SigningKey::generate("new")?;
        Self::from_pkcs8(&key.to_pkcs8()?)
    }

    /// Reads a key that [`Signer::to_pkcs8`] returned.
    ///
    /// # Errors
    /// [`SignerError`] if it is not a P-384 key.
    pub fn from_pkcs8(der: &[u8]) -> Result<Self, SignerError> {
        let kid = SigningKey::from_pkcs8(der, "unnamed")?.public_key().public_key().thumbprint();
        let key = SigningKey::from_pkcs8(der, kid)?;
        let public = key_set(&[key.public_key().to_json()])?;
        Ok(Self { key, public, known: Mutex::new(None) })
    }

    /// Returns the private key as PKCS#8 in DER, to be stored as a secret.
    ///
    /// # Errors
    /// [`SignerError`] if the cryptographic library fails.
    pub fn to_pkcs8(&self) -> Result<SecretBytes, SignerError> {
        Ok(SecretBytes::new(self.key.to_pkcs8()?.to_vec()))
    }

    /// Returns the key's id: its thumbprint.
    pub fn kid(&self) -> &str {
        self.key.kid()
    }

    /// Returns the public key as JWK.
    pub fn public_key(&self) -> Value {
        self.key.public_key().to_json()
    }

    /// Reads a checkpoint. Returns `None` if it was not signed with this key.
    pub fn open(&self, compact: &str) -> Option<Checkpoint> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((text, checkpoint)) = &*known
            && text == compact
        {
            return Some(checkpoint.clone());
        }
        let (checkpoint, _) = open(compact, &self.public).ok()?;
        *known = Some((compact.to_owned(), checkpoint.clone()));
        Some(checkpoint)
    }

    /// Signs a head. `since` is where its run begins.
    ///
    /// # Errors
    /// [`SignerError`] if the cryptographic library fails.
    pub fn sign(&self, head: Head, at: Timestamp, since: u64) -> Result<(String, Checkpoint), SignerError> {
        let checkpoint = Checkpoint { position: head.position, hash: head.hash, at, since };
        let payload = serde_json::to_vec(&checkpoint).map_err(|error| SignerError(error.to_string()))?;
        let compact = jws::sign_es384(&payload, &self.key, Some(CHECKPOINT_TYPE))?.to_string();
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        *known = Some((compact.clone(), checkpoint.clone()));
        Ok((compact, checkpoint))
    }
}

pub(crate) fn key_set(keys: &[Value]) -> Result<JwkSet, SignerError> {
    Ok(JwkSet::parse(serde_json::json!({ "keys": keys }).to_string().as_bytes())?)
}

/// Verifies and parses a checkpoint. Returns it with the id of its key, or the reason if it is invalid.
pub(crate) fn open(compact: &str, keys: &JwkSet) -> Result<(Checkpoint, String), String> {
    let verified = jws::verify(compact, keys, &jws::Policy::default()).map_err(|error| error.to_string())?;
    if verified.header.cty.as_deref() != Some(CHECKPOINT_TYPE) {
        return Err("its JWS is not a checkpoint".to_owned());
    }
    // serde's message could quote the payload.
    let checkpoint =
        serde_json::from_slice(&verified.payload).map_err(|_| "its payload is not a checkpoint".to_owned())?;
    Ok((checkpoint, verified.header.kid))
}
