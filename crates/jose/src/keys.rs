//! Public keys by purpose. The types prevent that a signing key is used for encryption or an encryption key for
//! signatures.

use serde_json::Value;

use crate::error::shown;
use crate::{Curve, Error, KeyUse, PublicKey, Result};

/// A public key to which a JWE may be encrypted: EC P-384, with a `kid`, published for encryption or without a purpose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EncryptionKey(PublicKey);

/// A public key with which a JWS may be verified: EC P-384, with a `kid`, published for signatures or without a
/// purpose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerificationKey(PublicKey);

macro_rules! purpose {
    ($key:ident, $purpose:expr) => {
        impl $key {
            /// Returns the key's `kid`.
            pub fn kid(&self) -> &str {
                self.0.kid().unwrap_or_default()
            }

            /// Returns the key as [`PublicKey`], which has no purpose.
            pub fn public_key(&self) -> &PublicKey {
                &self.0
            }

            /// Returns the public JWK. Coordinates are base64url.
            pub fn to_json(&self) -> Value {
                self.0.to_json()
            }
        }

        impl TryFrom<PublicKey> for $key {
            type Error = Error;

            /// Rejects a key on another curve, without `kid`, or for another purpose.
            fn try_from(key: PublicKey) -> Result<Self> {
                check(&key, &$purpose).map(|()| Self(key))
            }
        }
    };
}

purpose!(EncryptionKey, KeyUse::Encryption);
purpose!(VerificationKey, KeyUse::Signature);

fn check(key: &PublicKey, purpose: &KeyUse) -> Result<()> {
    if key.curve() != Curve::P384 {
        return Err(Error::Curve { expected: "P-384", actual: shown(key.curve().as_str()) });
    }
    let kid = key.kid().filter(|kid| !kid.is_empty());
    let kid = kid.ok_or(Error::MissingMember { what: "JWK", member: "kid" })?;
    // A known `alg` implies a purpose, like `use`. An unknown one does not.
    let by_alg = key.alg().and_then(|alg| match alg {
        alg if alg.starts_with("ECDH-") => Some(KeyUse::Encryption),
        "ES256" | "ES384" | "ES512" => Some(KeyUse::Signature),
        _ => None,
    });
    for declared in [key.key_use(), by_alg.as_ref()].into_iter().flatten() {
        if declared != purpose {
            return Err(Error::KeyPurpose {
                kid: shown(kid),
                expected: if *purpose == KeyUse::Encryption { "enc" } else { "sig" },
                actual: shown(declared.as_str()),
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
