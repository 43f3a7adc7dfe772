//! JSON Web Signature (RFC 7515) in compact serialisation. Supports only `ES384` (RFC 7518 section 3.4).

#[cfg(test)]
mod tests;

use std::fmt;

use aws_lc_rs::signature::{ECDSA_P384_SHA384_FIXED, UnparsedPublicKey};
use serde::Serialize;
use zeroize::Zeroizing;

use crate::error::shown;
use crate::header::{self, split};
use crate::{DEFAULT_MAX_COMPACT_BYTES, Error, JwkSet, Result, SigningKey, base64url};

const ALG: &str = "ES384";
const WHAT: &str = "JWS header";
/// Length of a P-384 signature: R and S, 48 bytes each.
const SIGNATURE_LEN: usize = 96;

/// Limits that a receiver sets. The algorithm is not configurable: a P-384 key implies `ES384`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Maximum length of the compact serialisation, in bytes. A longer one is rejected before it is decoded.
    pub max_bytes: usize,
}

impl Default for Policy {
    /// Returns a policy with a limit of 128 KiB.
    fn default() -> Self {
        Self { max_bytes: DEFAULT_MAX_COMPACT_BYTES }
    }
}

/// The members of a JWS header that receivers use.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Header {
    /// `kid` of the signing key.
    pub kid: String,
    /// Media type of the payload, unchanged.
    pub cty: Option<String>,
}

/// A message with a valid signature.
pub struct Verified {
    /// Payload; wiped from memory when dropped.
    pub payload: Zeroizing<Vec<u8>>,
    /// Header; covered by the signature.
    pub header: Header,
}

impl fmt::Debug for Verified {
    /// Shows only the header, because the payload may be a secret.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Verified").field("header", &self.header).finish_non_exhaustive()
    }
}

#[derive(Serialize)]
struct SentHeader<'a> {
    alg: &'a str,
    kid: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    cty: Option<&'a str>,
}

/// Signs `payload` with `ES384` and returns the compact serialisation. `cty` is the media type of the payload.
///
/// A JWS is not encrypted. Its payload may be a secret, so the result is wiped from memory when dropped.
///
/// # Errors
/// [`Error::Library`] if no entropy or memory is available.
pub fn sign_es384(payload: &[u8], key: &SigningKey, cty: Option<&str>) -> Result<Zeroizing<String>> {
    const FAILED: Error = Error::Library { operation: "sign" };
    let header = SentHeader { alg: ALG, kid: key.kid(), cty };
    let header = base64url::encode(serde_json::to_vec(&header).map_err(|_| FAILED)?);
    let payload = Zeroizing::new(base64url::encode(payload));
    // The capacity suffices for the whole message. A buffer that grows would leave an unwiped copy in memory.
    let signature_room = SIGNATURE_LEN * 4 / 3;
    let room = header.len() + payload.len() + signature_room + 2;
    let mut compact = Zeroizing::new(String::with_capacity(room));
    compact.push_str(&header);
    compact.push('.');
    compact.push_str(&payload);
    let signature = base64url::encode(key.sign(compact.as_bytes())?);
    compact.push('.');
    compact.push_str(&signature);
    Ok(compact)
}

/// Verifies a message with the key of `keys` whose `kid` the message names. Never uses keys or URLs of keys inside the
/// message (`jwk`, `jku`, `x5c`, `x5u`).
///
/// # Errors
/// Checks in this order: size, number of parts, header (strict JSON, no `crit`, `alg` `ES384`, `kid`), encoding of the
/// other parts, key ([`Error::UnknownKid`], [`Error::KeyPurpose`]), signature ([`Error::Signature`]).
pub fn verify(compact: impl AsRef<[u8]>, keys: &JwkSet, policy: &Policy) -> Result<Verified> {
    let compact = compact.as_ref();
    let [encoded_header, payload, signature] = split("JWS", compact, policy.max_bytes)?;
    let signed = &compact[..encoded_header.len() + 1 + payload.len()];

    let members = header::Header::parse(WHAT, encoded_header, &["crit"])?;
    // The algorithm is checked before any key is looked up, so `alg` cannot choose how a key is used.
    let alg = members.text("alg")?;
    if alg != ALG {
        return Err(Error::Algorithm { member: "alg", actual: shown(alg), accepted: ALG.to_owned() });
    }
    let header = Header { kid: members.text("kid")?.to_owned(), cty: members.optional_text("cty")?.map(str::to_owned) };
    let payload = Zeroizing::new(base64url::decode("JWS payload", payload)?);
    let signature = base64url::decode_exact("JWS signature", signature, SIGNATURE_LEN)?;

    let key = match (keys.verification_key(&header.kid), keys.encryption_key(&header.kid)) {
        (Some(key), _) => key,
        (None, Some(_)) => {
            return Err(Error::KeyPurpose { kid: shown(&header.kid), expected: "sig", actual: shown("enc") });
        }
        (None, None) => {
            return Err(Error::UnknownKid { kid: shown(&header.kid), known: keys.verification_keys().len() });
        }
    };
    let point = key.public_key().uncompressed_point();
    UnparsedPublicKey::new(&ECDSA_P384_SHA384_FIXED, point)
        .verify(signed, &signature)
        .map_err(|_| Error::Signature { kid: shown(&header.kid) })?;
    Ok(Verified { payload, header })
}
