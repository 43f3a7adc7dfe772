//! The private key that opens a JWE.

use std::fmt;

use aws_lc_rs::agreement::{self, ECDH_P384};
use aws_lc_rs::encoding::{AsBigEndian, EcPrivateKeyBin};
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::{Curve, EncryptionKey, Error, KeyUse, PublicKey, Result, base64url, strict_json};

const FORMAT: &str = "a private JWK with `kty` EC, `crv` P-384, `kid`, and `x`, `y`, `d` that belong together";

/// A private EC P-384 key for key agreement, with its name. Opens what was encrypted to its public half.
///
/// aws-lc wipes the key when it is dropped. `Debug` shows the name only.
pub struct PrivateKey {
    key: agreement::PrivateKey,
    public: EncryptionKey,
}

/// Borrows, so that `d` is not copied while parsing.
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
    /// A new key, named by its RFC 7638 thumbprint.
    ///
    /// # Errors
    /// [`Error::Library`] if there is no entropy.
    pub fn generate() -> Result<Self> {
        let key = generate()?;
        let public = public_half(&key)?;
        let kid = public.thumbprint();
        Self::assemble(key, public.with_kid(kid))
    }

    /// A new key with a given name, which must not be empty.
    ///
    /// # Errors
    /// [`Error::Library`] if there is no entropy.
    pub fn generate_with_kid(kid: impl Into<String>) -> Result<Self> {
        let key = generate()?;
        let public = public_half(&key)?;
        Self::assemble(key, public.with_kid(kid))
    }

    /// Reads the private JWK that [`to_secret_bytes`](Self::to_secret_bytes) writes (RFC 7518 section 6.2.2; `use` and
    /// other members are ignored).
    ///
    /// # Errors
    /// [`Error::Json`], or [`Error::InvalidPrivateKey`], also if the public half does not belong to the private one.
    pub fn from_secret_bytes(jwk: &[u8]) -> Result<Self> {
        let invalid = || Error::InvalidPrivateKey { expected: FORMAT };
        let jwk: PrivateJwk<'_> = strict_json::from_slice(jwk, 4)?;
        if jwk.kty != "EC" || jwk.crv != Curve::P384.as_str() || jwk.kid.is_empty() {
            return Err(invalid());
        }
        let scalar = Zeroizing::new(base64url::decode("`d` of the JWK", jwk.d)?);
        let key = agreement::PrivateKey::from_private_key(&ECDH_P384, &scalar).map_err(|_| invalid())?;
        let public = public_half(&key)?;
        if public.x() != jwk.x || public.y() != jwk.y {
            return Err(invalid());
        }
        Self::assemble(key, public.with_kid(jwk.kid))
    }

    /// The key as a private JWK in UTF-8, name included: a secret, to be stored as one.
    ///
    /// # Errors
    /// [`Error::Library`] if the library cannot hand the key out.
    pub fn to_secret_bytes(&self) -> Result<Zeroizing<Vec<u8>>> {
        let failed = Error::Library { operation: "export a private key" };
        let scalar: EcPrivateKeyBin<'_> = self.key.as_be_bytes().map_err(|_| failed)?;
        let d = Zeroizing::new(base64url::encode(&*scalar));
        let public = self.public.public_key();
        // Room for everything, so that no growth leaves a copy of `d` behind.
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

    /// The public half, with the same name and `use` `enc`.
    pub fn public_key(&self) -> &EncryptionKey {
        &self.public
    }

    /// The key's name.
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
