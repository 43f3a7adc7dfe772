//! Private key for decrypting a JWE.

use std::fmt;

use aws_lc_rs::agreement::{self, ECDH_P384};
use aws_lc_rs::encoding::{AsBigEndian, EcPrivateKeyBin};
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::{Curve, EncryptionKey, Error, KeyUse, PublicKey, Result, base64url, strict_json};

const FORMAT: &str = "a private JWK with `kty` EC, `crv` P-384, `kid`, and matching `x`, `y` and `d`";

/// Private EC P-384 key for key agreement, with its `kid`. Decrypts messages that were encrypted to its public key.
///
/// aws-lc wipes the key from memory when it is dropped. `Debug` shows only the `kid`.
pub struct PrivateKey {
    key: agreement::PrivateKey,
    public: EncryptionKey,
}

/// Borrows its strings, so that parsing does not copy `d`.
#[derive(Deserialize)]
struct PrivateJwk<'a> {
    kty: &'a str,
    crv: &'a str,
    kid: String,
    x: &'a str,
    y: &'a str,
    d: &'a str,
}

impl PrivateKey {
    /// Generates a key with its RFC 7638 thumbprint as `kid`.
    ///
    /// # Errors
    /// [`Error::Library`] if no entropy is available.
    pub fn generate() -> Result<Self> {
        let key = generate()?;
        let public = public_half(&key)?;
        let kid = public.thumbprint();
        Self::assemble(key, public.with_kid(kid))
    }

    /// Generates a key with the given `kid`, which must not be empty.
    ///
    /// # Errors
    /// [`Error::MissingMember`] for an empty `kid`, [`Error::Library`] if no entropy is available.
    pub fn generate_with_kid(kid: impl Into<String>) -> Result<Self> {
        let key = generate()?;
        let public = public_half(&key)?;
        Self::assemble(key, public.with_kid(kid))
    }

    /// Parses a private JWK as written by [`to_secret_bytes`](Self::to_secret_bytes) (RFC 7518 section 6.2.2). Ignores
    /// `use` and other members.
    ///
    /// # Errors
    /// An error of [`strict_json`], [`Error::Base64`] for a malformed `d`, or [`Error::InvalidPrivateKey`], also if the
    /// public key does not belong to the private key.
    pub fn from_secret_bytes(jwk: &[u8]) -> Result<Self> {
        let invalid = || Error::InvalidPrivateKey { expected: FORMAT };
        let jwk: PrivateJwk<'_> = strict_json::from_slice(jwk, 4)?;
        if jwk.kty != "EC" || jwk.crv != Curve::P384.as_str() || jwk.kid.is_empty() {
            return Err(invalid());
        }
        let scalar = Zeroizing::new(base64url::decode("`d` of the JWK", jwk.d)?);
        let key = agreement::PrivateKey::from_private_key(&ECDH_P384, &scalar).map_err(|_| invalid())?;
        // The stored `x` and `y` are not trusted: a mismatch means that the stored key is corrupted.
        let public = public_half(&key)?;
        if public.x() != jwk.x || public.y() != jwk.y {
            return Err(invalid());
        }
        Self::assemble(key, public.with_kid(jwk.kid))
    }

    /// Returns the key as a private JWK with `kid`, UTF-8 JSON. The result is a secret and must be stored as one.
    ///
    /// # Errors
    /// [`Error::Library`] if the library cannot export the key.
    pub fn to_secret_bytes(&self) -> Result<Zeroizing<Vec<u8>>> {
        let failed = Error::Library { operation: "export a private key" };
        let scalar: EcPrivateKeyBin<'_> = self.key.as_be_bytes().map_err(|_| failed)?;
        let d = Zeroizing::new(base64url::encode(&*scalar));
        let public = self.public.public_key();
        // The capacity suffices for the whole JWK. A buffer that grows would leave an unwiped copy of `d` in memory.
        let mut jwk = Zeroizing::new(Vec::with_capacity(512 + 6 * self.kid().len()));
        for piece in [
            r#"{"kty":"EC","crv":"P-384","x":""#,
            &public.x(),
            r#"","y":""#,
            &public.y(),
            r#"","use":"enc","kid":"#,
            &serde_json::Value::from(self.kid()).to_string(),
            r#","d":""#,
            d.as_str(),
            r#""}"#,
        ] {
            jwk.extend_from_slice(piece.as_bytes());
        }
        Ok(jwk)
    }

    /// Returns the public key, with the same `kid` and `use` `enc`.
    pub fn public_key(&self) -> &EncryptionKey {
        &self.public
    }

    /// Returns the key's `kid`.
    pub fn kid(&self) -> &str {
        self.public.kid()
    }

    pub(crate) fn agreement_key(&self) -> &agreement::PrivateKey {
        &self.key
    }

    fn assemble(key: agreement::PrivateKey, public: PublicKey) -> Result<Self> {
        let public = EncryptionKey::try_from(public.with_use(KeyUse::Encryption))?;
        Ok(Self { key, public })
    }
}

fn generate() -> Result<agreement::PrivateKey> {
    agreement::PrivateKey::generate(&ECDH_P384).map_err(|_| Error::Library { operation: "generate a key" })
}

fn public_half(key: &agreement::PrivateKey) -> Result<PublicKey> {
    let point = key.compute_public_key().map_err(|_| Error::Library { operation: "compute a public key" })?;
    PublicKey::from_uncompressed(Curve::P384, point.as_ref())
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("PrivateKey").field("kid", &self.kid()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
