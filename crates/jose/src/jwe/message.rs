//! Parsing of a JWE and all checks that need no key.

use aws_lc_rs::aead::NONCE_LEN;

use super::header::Header;
use super::policy::Policy;
use crate::alg::pick;
use crate::error::shown;
use crate::header::{self as members, split};
use crate::{Curve, Error, PublicKey, Result, base64url};

/// Number of bytes that AES key wrap adds (RFC 3394).
pub(super) const WRAP_OVERHEAD: usize = 8;

const TAG_LEN: usize = 16;
const WHAT: &str = "JWE header";

/// The decoded parts. Their lengths match the algorithms.
pub(super) struct Message<'a> {
    /// The encoded header, which is the additional authenticated data.
    pub(super) encoded_header: &'a [u8],
    pub(super) header: Header,
    /// Ephemeral public key, a point of P-384.
    pub(super) epk: PublicKey,
    pub(super) apu: Vec<u8>,
    pub(super) apv: Vec<u8>,
    pub(super) encrypted_key: Vec<u8>,
    pub(super) iv: [u8; NONCE_LEN],
    pub(super) ciphertext_and_tag: Vec<u8>,
}

impl<'a> Message<'a> {
    pub(super) fn parse(compact: &'a [u8], policy: &Policy) -> Result<Self> {
        let [encoded_header, encrypted_key, iv, ciphertext, tag] = split("JWE", compact, policy.max_bytes)?;

        let members = members::Header::parse(WHAT, encoded_header, &["crit", "zip"])?;
        let header = Header {
            alg: pick("alg", members.text("alg")?, &policy.algs)?,
            enc: pick("enc", members.text("enc")?, &policy.encs)?,
            kid: members.text("kid")?.to_owned(),
            cty: members.optional_text("cty")?.map(str::to_owned),
        };
        let party = |member, what| match members.optional_text(member)? {
            Some(text) => base64url::decode(what, text),
            None => Ok(Vec::new()),
        };

        let wrapped_len = match header.alg.wrapping() {
            None => 0,
            Some(_) => header.enc.key_len() + WRAP_OVERHEAD,
        };
        let iv_bytes = base64url::decode_exact("JWE initialization vector", iv, NONCE_LEN)?;
        let mut iv = [0; NONCE_LEN];
        iv.copy_from_slice(&iv_bytes);
        let tag = base64url::decode_exact("JWE authentication tag", tag, TAG_LEN)?;
        let mut ciphertext_and_tag = base64url::decode("JWE ciphertext", ciphertext)?;
        ciphertext_and_tag.extend(tag);

        Ok(Self {
            encoded_header,
            epk: ephemeral_key(&members)?,
            apu: party("apu", "`apu` of the JWE header")?,
            apv: party("apv", "`apv` of the JWE header")?,
            encrypted_key: base64url::decode_exact("JWE encrypted key", encrypted_key, wrapped_len)?,
            iv,
            ciphertext_and_tag,
            header,
        })
    }
}

fn ephemeral_key(members: &members::Header) -> Result<PublicKey> {
    let key = PublicKey::from_json(members.value("epk")?).map_err(|error| error.within("`epk` of the JWE header"))?;
    match key.curve() {
        Curve::P384 => Ok(key),
        other => Err(Error::Curve { expected: Curve::P384.as_str(), actual: shown(other.as_str()) }
            .within("`epk` of the JWE header")),
    }
}
