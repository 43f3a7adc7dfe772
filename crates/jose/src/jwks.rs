//! Published key sets, JWKS (RFC 7517 section 5).

use std::collections::HashSet;

use serde_json::Value;

use crate::error::shown;
use crate::{EncryptionKey, Error, PublicKey, Result, VerificationKey, strict_json};

const MAX_BYTES: usize = 256 * 1024;
const MAX_DEPTH: usize = 16;

/// The usable keys of a published set. A key without `use` and `alg` counts as encryption key and as verification key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JwkSet {
    encryption: Vec<EncryptionKey>,
    verification: Vec<VerificationKey>,
    skipped: Vec<Skipped>,
}

/// A key of the set that is not used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// Index in `keys`, from 0.
    pub index: usize,
    /// `kid` of the key, if it has one.
    pub kid: Option<String>,
    /// Reason why the key is not used.
    pub reason: Error,
}

impl JwkSet {
    /// Parses a key set.
    ///
    /// Ignores unknown members of the set, for example .NET's `SkipUnresolvedJsonWebKeys`. [Skips](Self::skipped) keys
    /// of other types and curves, keys without `kid` and invalid keys, as RFC 7517 section 5 recommends. The result may
    /// contain no usable key.
    ///
    /// # Errors
    /// - [`Error::TooLarge`] for more than 256 KiB.
    /// - An error of [`strict_json`], within [`Error::In`].
    /// - [`Error::MissingMember`] or [`Error::MemberType`] if `keys` is missing or not an array.
    /// - [`Error::DuplicateKid`] if two usable keys have the same `kid`, so that a message could mean either.
    pub fn parse(bytes: &[u8]) -> Result<Self> {
        if bytes.len() > MAX_BYTES {
            return Err(Error::TooLarge { what: "key set", limit: MAX_BYTES, actual: bytes.len() });
        }
        let set = strict_json::parse_object(bytes, MAX_DEPTH).map_err(|e| e.within("key set"))?;
        let keys = match set.get("keys") {
            Some(Value::Array(keys)) => keys,
            Some(_) => {
                return Err(Error::MemberType { what: "key set", member: "keys", expected: "an array" });
            }
            None => {
                return Err(Error::MissingMember { what: "key set", member: "keys" });
            }
        };
        let kid_of = |jwk: &Value| jwk.get("kid").and_then(Value::as_str).map(str::to_owned);
        Self::collect(keys.iter().map(|jwk| (kid_of(jwk), PublicKey::from_json(jwk))))
    }

    #[cfg(test)]
    pub(crate) fn from_keys(keys: impl IntoIterator<Item = PublicKey>) -> Result<Self> {
        Self::collect(keys.into_iter().map(|key| (key.kid().map(str::to_owned), Ok(key))))
    }

    fn collect(keys: impl Iterator<Item = (Option<String>, Result<PublicKey>)>) -> Result<Self> {
        let mut set = Self::default();
        let mut names = HashSet::new();
        for (index, (kid, key)) in keys.enumerate() {
            let encryption = key.clone().and_then(EncryptionKey::try_from);
            let verification = key.and_then(VerificationKey::try_from);
            let usable = match (encryption, verification) {
                (Err(reason), Err(_)) => {
                    set.skipped.push(Skipped { index, kid, reason });
                    continue;
                }
                usable => usable,
            };
            // Only usable keys are compared: a skipped key may share its `kid` with a usable one.
            if let Some(kid) = kid
                && !names.insert(kid.clone())
            {
                return Err(Error::DuplicateKid { kid: shown(&kid) });
            }
            set.encryption.extend(usable.0);
            set.verification.extend(usable.1);
        }
        Ok(set)
    }

    /// Returns the keys to which a JWE may be encrypted: P-384, `use` missing or `enc`.
    pub fn encryption_keys(&self) -> &[EncryptionKey] {
        &self.encryption
    }

    /// Returns the keys with which a JWS may be verified: P-384, `use` missing or `sig`.
    pub fn verification_keys(&self) -> &[VerificationKey] {
        &self.verification
    }

    /// Returns the encryption key with this `kid`.
    pub fn encryption_key(&self, kid: &str) -> Option<&EncryptionKey> {
        self.encryption.iter().find(|key| key.kid() == kid)
    }

    /// Returns the verification key with this `kid`.
    pub fn verification_key(&self, kid: &str) -> Option<&VerificationKey> {
        self.verification.iter().find(|key| key.kid() == kid)
    }

    /// Returns the keys that are not used, with the reasons. Callers should log them.
    pub fn skipped(&self) -> &[Skipped] {
        &self.skipped
    }
}

#[cfg(test)]
mod tests;
