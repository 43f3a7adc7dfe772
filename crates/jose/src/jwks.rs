//! Key sets as published under a `jwks` address (RFC 7517 section 5).

use std::collections::HashSet;

use serde_json::Value;

use crate::error::shown;
use crate::{EncryptionKey, Error, PublicKey, Result, VerificationKey, strict_json};

const MAX_BYTES: usize = 256 * 1024;
const MAX_DEPTH: usize = 16;

/// The usable keys of a published set. A key of no stated purpose counts for both.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JwkSet {
    encryption: Vec<EncryptionKey>,
    verification: Vec<VerificationKey>,
    skipped: Vec<Skipped>,
}

/// A key of the set that is not used, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// Its place in `keys`, from 0.
    pub index: usize,
    /// Its name, if it has one.
    pub kid: Option<String>,
    /// Why it is not used.
    pub reason: Error,
}

impl JwkSet {
    /// Reads a key set. Members of the set that are not understood (such as the `SkipUnresolvedJsonWebKeys` of .NET) are
    /// ignored; keys of other types and curves, without a name, or damaged are [skipped](Self::skipped), as RFC 7517
    /// section 5 asks for. The set may turn out to hold no usable key.
    ///
    /// # Errors
    /// [`Error::TooLarge`] over 256 KiB, what [`strict_json`] refuses, no array `keys`, and [`Error::DuplicateKid`]: with
    /// two usable keys of one name nobody can tell which one a message means.
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

    /// The keys that a JWE may be encrypted to: P-384, `use` absent or `enc`.
    pub fn encryption_keys(&self) -> &[EncryptionKey] {
        &self.encryption
    }

    /// The keys that a JWS may be verified with: P-384, `use` absent or `sig`.
    pub fn verification_keys(&self) -> &[VerificationKey] {
        &self.verification
    }

    /// The encryption key of that name.
    pub fn encryption_key(&self, kid: &str) -> Option<&EncryptionKey> {
        self.encryption.iter().find(|key| key.kid() == kid)
    }

    /// The verification key of that name.
    pub fn verification_key(&self, kid: &str) -> Option<&VerificationKey> {
        self.verification.iter().find(|key| key.kid() == kid)
    }

    /// The keys that are not used, with the reasons; worth a line in the log.
    pub fn skipped(&self) -> &[Skipped] {
        &self.skipped
    }
}

#[cfg(test)]
mod tests;
