//! JSON Web Encryption (RFC 7516) in compact serialisation: ECDH-ES on P-384, directly or with AES key wrap, and
//! AES-GCM.

mod header;
mod message;
mod policy;

#[cfg(test)]
mod tests;

pub use self::header::Header;
pub use self::policy::Policy;

use std::fmt;

use aws_lc_rs::aead::{Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::agreement::{ECDH_P384, EphemeralPrivateKey, UnparsedPublicKey, agree, agree_ephemeral};
use aws_lc_rs::key_wrap::{AesKek, BlockCipher as _, KeyWrap as _};
use aws_lc_rs::rand::{self, SystemRandom};
use serde::Serialize;
use zeroize::Zeroizing;

use self::message::{Message, WRAP_OVERHEAD};
use crate::error::shown;
use crate::{
    ContentEncryption, Curve, EncryptionKey, Error, KeyManagement, PrivateKey, PublicKey, Result, base64url, kdf,
};

/// A decrypted message. A JWE does not authenticate its sender: anyone who has the public key can create it.
pub struct Opened {
    /// Plaintext; wiped from memory when dropped.
    pub plaintext: Zeroizing<Vec<u8>>,
    /// Header; authenticated by the decryption.
    pub header: Header,
}

impl fmt::Debug for Opened {
    /// Shows only the header, because the plaintext may be a secret.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Opened").field("header", &self.header).finish_non_exhaustive()
    }
}

#[derive(Serialize)]
struct SentHeader<'a> {
    alg: &'a str,
    enc: &'a str,
    kid: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    cty: Option<&'a str>,
    epk: EphemeralKey<'a>,
}

#[derive(Serialize)]
struct EphemeralKey<'a> {
    kty: &'a str,
    crv: &'a str,
    x: String,
    y: String,
}

/// Encrypts `plaintext` to one recipient and returns the compact serialisation. `cty` is the media type of the
/// plaintext.
///
/// Each call uses a new ephemeral key and, with key wrap, a new content encryption key.
///
/// # Errors
/// [`Error::Library`] if no entropy or memory is available.
pub fn encrypt(
    plaintext: &[u8],
    recipient: &EncryptionKey,
    alg: KeyManagement,
    enc: ContentEncryption,
    cty: Option<&str>,
) -> Result<String> {
    const FAILED: Error = Error::Library { operation: "encrypt" };
    let random = SystemRandom::new();
    let ephemeral = EphemeralPrivateKey::generate(&ECDH_P384, &random).map_err(|_| FAILED)?;
    let public = ephemeral.compute_public_key().map_err(|_| FAILED)?;
    let public = PublicKey::from_uncompressed(Curve::P384, public.as_ref())?;

    let header = SentHeader {
        alg: alg.as_str(),
        enc: enc.as_str(),
        kid: recipient.kid(),
        cty,
        epk: EphemeralKey { kty: "EC", crv: Curve::P384.as_str(), x: public.x(), y: public.y() },
    };
    let header = base64url::encode(serde_json::to_vec(&header).map_err(|_| FAILED)?);

    let recipient = recipient.public_key().uncompressed_point();
    let recipient = UnparsedPublicKey::new(&ECDH_P384, recipient);
    let agreed = agree_ephemeral(ephemeral, recipient, FAILED, |secret| derive(secret, alg, enc, b"", b""))?;
    let (content_key, encrypted_key) = match alg.wrapping() {
        None => (agreed, Vec::new()),
        Some(cipher) => {
            let mut content_key = Zeroizing::new(vec![0; enc.key_len()]);
            rand::fill(&mut content_key).map_err(|_| FAILED)?;
            let mut wrapped = vec![0; enc.key_len() + WRAP_OVERHEAD];
            AesKek::new(cipher, &agreed)
                .and_then(|kek| kek.wrap(&content_key, &mut wrapped).map(drop))
                .map_err(|_| FAILED)?;
            (content_key, wrapped)
        }
    };

    let mut iv = [0; NONCE_LEN];
    rand::fill(&mut iv).map_err(|_| FAILED)?;
    let mut content = plaintext.to_vec();
    let sealed = UnboundKey::new(enc.aead(), &content_key).and_then(|key| {
        LessSafeKey::new(key).seal_in_place_separate_tag(
            Nonce::assume_unique_for_key(iv),
            Aad::from(&header),
            &mut content,
        )
    });
    // On failure, `content` may still be plaintext.
    let Ok(tag) = sealed else {
        drop(Zeroizing::new(content));
        return Err(FAILED);
    };
    let parts = [
        header,
        base64url::encode(encrypted_key),
        base64url::encode(iv),
        base64url::encode(content),
        base64url::encode(tag),
    ];
    Ok(parts.join("."))
}

/// Returns the header of a message without decrypting it, for choosing the key. The header is not authenticated.
///
/// # Errors
/// As [`decrypt`], except [`Error::WrongKid`] and [`Error::Decryption`].
pub fn peek_header(compact: impl AsRef<[u8]>, policy: &Policy) -> Result<Header> {
    Message::parse(compact.as_ref(), policy).map(|message| message.header)
}

/// Decrypts a message that was encrypted to `key` and has its `kid`.
///
/// # Errors
/// Checks in this order: size, number of parts, header (strict JSON, no `crit` or `zip`, algorithms of the policy),
/// encoding of the other parts, `epk`, `kid` ([`Error::WrongKid`]), decryption ([`Error::Decryption`]).
pub fn decrypt(compact: impl AsRef<[u8]>, key: &PrivateKey, policy: &Policy) -> Result<Opened> {
    let message = Message::parse(compact.as_ref(), policy)?;
    let Header { alg, enc, .. } = message.header;
    if message.header.kid != key.kid() {
        return Err(Error::WrongKid { expected: shown(key.kid()), actual: shown(&message.header.kid) });
    }

    let epk = UnparsedPublicKey::new(&ECDH_P384, message.epk.uncompressed_point());
    let agreed = agree(key.agreement_key(), epk, Error::Decryption, |secret| {
        derive(secret, alg, enc, &message.apu, &message.apv)
    })?;
    let content_key = match alg.wrapping() {
        None => agreed,
        Some(cipher) => {
            let mut content_key = Zeroizing::new(vec![0; enc.key_len()]);
            AesKek::new(cipher, &agreed)
                .and_then(|kek| kek.unwrap(&message.encrypted_key, &mut content_key).map(drop))
                .map_err(|_| Error::Decryption)?;
            content_key
        }
    };

    let mut plaintext = Zeroizing::new(message.ciphertext_and_tag);
    let length = UnboundKey::new(enc.aead(), &content_key)
        .and_then(|key| {
            LessSafeKey::new(key)
                .open_in_place(
                    Nonce::assume_unique_for_key(message.iv),
                    Aad::from(message.encoded_header),
                    &mut plaintext,
                )
                .map(|opened| opened.len())
        })
        .map_err(|_| Error::Decryption)?;
    plaintext.truncate(length);
    Ok(Opened { plaintext, header: message.header })
}

/// Derives the content encryption key of `ECDH-ES`, or the key that unwraps it (RFC 7518 section 4.6).
fn derive(
    secret: &[u8],
    alg: KeyManagement,
    enc: ContentEncryption,
    apu: &[u8],
    apv: &[u8],
) -> Result<Zeroizing<Vec<u8>>> {
    match alg.wrapping() {
        None => kdf::derive(secret, enc.as_str(), apu, apv, enc.key_len()),
        Some(cipher) => kdf::derive(secret, alg.as_str(), apu, apv, cipher.key_len()),
    }
}
