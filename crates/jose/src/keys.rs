//! Public keys by purpose, so that a signing key cannot be handed to encryption, nor the other way round.

use serde_json::Value;

use crate::error::shown;
use crate::{Curve, Error, KeyUse, PublicKey, Result};

/// A public key that a JWE may be encrypted to: EC P-384, with a `kid`, published for encryption or for no stated
/// purpose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EncryptionKey(PublicKey);

/// A public key that a JWS may be verified with: EC P-384, with a `kid`, published for signatures or for no stated
/// purpose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerificationKey(PublicKey);

macro_rules! purpose {
    ($key:ident, $purpose:expr) => {
        impl $key {
            /// The key's name.
            pub fn kid(&self) -> &str {
                self.0.kid().unwrap_or_default()
            }

            /// The key without its purpose.
            pub fn public_key(&self) -> &PublicKey {
                &self.0
            }

            /// The public JWK; coordinates are base64url.
            pub fn to_json(&self) -> Value {
                self.0.to_json()
            }
        }

        impl TryFrom<PublicKey> for $key {
            type Error = Error;

            /// Refuses another curve, a key without `kid`, and a key for another purpose.
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
    // An `alg` of the other family tells a purpose as well as `use` does; one that is not known tells nothing.
    let by_alg = key.alg().and_then(|alg| match alg {
        alg if alg.starts_with("ECDH-") => Some(KeyUse::Encryption),
        "ES256" | "ES384" | "ES512" => Some(KeyUse::Signature),
        _ => None,
    });
    for told in [key.key_use(), by_alg.as_ref()].into_iter().flatten() {
        if told != purpose {
            return Err(Error::KeyPurpose {
                kid: shown(kid),
                expected: if *purpose == KeyUse::Encryption { "enc" } else { "sig" },
                actual: shown(told.as_str()),
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
