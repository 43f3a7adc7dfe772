//! Private key for signing a JWS.

use std::fmt;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use zeroize::Zeroizing;

use crate::{Curve, Error, KeyUse, PublicKey, Result, VerificationKey};

/// Private EC P-384 key for `ES384`, with its `kid`.
///
/// aws-lc wipes the key from memory when it is dropped. `Debug` shows only the `kid`.
pub struct SigningKey {
    pair: EcdsaKeyPair,
    public: VerificationKey,
}

impl SigningKey {
    /// Generates a key with the given `kid`, which must not be empty.
    ///
    /// # Errors
    /// [`Error::MissingMember`] for an empty `kid`, [`Error::Library`] if no entropy is available.
    pub fn generate(kid: impl Into<String>) -> Result<Self> {
        let pair = EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING)
            .map_err(|_| Error::Library { operation: "generate a key" })?;
        Self::assemble(pair, kid.into())
    }

    /// Parses an unencrypted PKCS#8 private key in DER (RFC 5208).
    ///
    /// # Errors
    /// [`Error::InvalidPrivateKey`] if it is not a valid P-384 key, [`Error::MissingMember`] for an empty `kid`.
    pub fn from_pkcs8(der: &[u8], kid: impl Into<String>) -> Result<Self> {
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P384_SHA384_FIXED_SIGNING, der).map_err(|_| {
            Error::InvalidPrivateKey { expected: "an unencrypted PKCS#8 key in DER on the curve P-384" }
        })?;
        Self::assemble(pair, kid.into())
    }

    /// Returns the key as PKCS#8 in DER, without the `kid`. The result is a secret and must be stored as one.
    ///
    /// # Errors
    /// [`Error::Library`] if the library cannot export the key.
    pub fn to_pkcs8(&self) -> Result<Zeroizing<Vec<u8>>> {
        let document = self.pair.to_pkcs8v1().map_err(|_| Error::Library { operation: "export a private key" })?;
        Ok(Zeroizing::new(document.as_ref().to_vec()))
    }

    /// Returns the public key, with the same `kid`, `use` `sig` and `alg` `ES384`.
    pub fn public_key(&self) -> &VerificationKey {
        &self.public
    }

    /// Returns the key's `kid`.
    pub fn kid(&self) -> &str {
        self.public.kid()
    }

    /// Signs with ECDSA and SHA-384. Returns R and S, 48 bytes each (RFC 7518 section 3.4).
    pub(crate) fn sign(&self, message: &[u8]) -> Result<impl AsRef<[u8]>> {
        self.pair.sign(&SystemRandom::new(), message).map_err(|_| Error::Library { operation: "sign" })
    }

    fn assemble(pair: EcdsaKeyPair, kid: String) -> Result<Self> {
        let public = PublicKey::from_uncompressed(Curve::P384, pair.public_key().as_ref())?
            .with_kid(kid)
            .with_use(KeyUse::Signature)
            .with_alg("ES384");
        let public = VerificationKey::try_from(public)?;
        Ok(Self { pair, public })
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("SigningKey").field("kid", &self.kid()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::signature::ECDSA_P256_SHA256_FIXED_SIGNING;

    use super::*;

    #[test]
    fn round_trips_through_pkcs8() {
        let key = SigningKey::generate("signer-1").unwrap();
        let der = key.to_pkcs8().unwrap();
        let back = SigningKey::from_pkcs8(&der, "signer-1").unwrap();
        assert_eq!(back.public_key(), key.public_key());
        assert_eq!(key.public_key().to_json()["use"], "sig");
        assert_eq!(format!("{key:?}"), "SigningKey { kid: \"signer-1\", .. }");
    }

    #[test]
    fn rejects_other_keys() {
        let p256 = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        let p256 = p256.to_pkcs8v1().unwrap();
        let p384 = SigningKey::generate("k").unwrap().to_pkcs8().unwrap();
        for der in [p256.as_ref(), &p384[..p384.len() - 1], b""] {
            let error = SigningKey::from_pkcs8(der, "k").unwrap_err();
            assert!(matches!(error, Error::InvalidPrivateKey { .. }));
        }
        assert!(SigningKey::from_pkcs8(&p384, "").is_err());
        assert!(SigningKey::generate("").is_err());
    }
}
