//! Stateless challenges: each one contains its user and its expiry, encrypted.
//!
//! Graph was observed to issue base64url of a compact JWE of about 5,200 bytes, which only Graph can decrypt. The
//! sandbox's challenges are compact JWEs as well (RFC 7516), with direct encryption to a key of the process.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::ground::directory::TENANT_ID;
use crate::ground::random;

const HEADER: &str = r#"{"alg":"dir","enc":"A256GCM","kid":"sandbox-challenge"}"#;

/// Plaintext of a challenge.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Sealed {
    tid: Uuid,
    /// Object id of the user.
    pub(super) uid: Uuid,
    /// Expiry, Unix time in seconds.
    exp: i64,
    nonce: String,
    /// Padding to the length of Graph's challenges.
    pad: String,
}

/// Reason why a challenge is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    TokenError,
    OtherUser,
    Expired,
    Used,
}

/// Encrypts and decrypts challenges, and records the used ones.
pub(super) struct Challenges {
    key: LessSafeKey,
    used: Mutex<HashSet<String>>,
}

impl std::fmt::Debug for Challenges {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Challenges").finish_non_exhaustive()
    }
}

impl Challenges {
    /// Creates an instance with a new key.
    pub(super) fn new() -> Self {
        #[expect(clippy::expect_used, reason = "the key has the length of the algorithm")]
        let key = UnboundKey::new(&AES_256_GCM, &random::bytes::<32>()).expect("an AES-256 key has 32 bytes");
        Self { key: LessSafeKey::new(key), used: Mutex::default() }
    }

    /// Returns a challenge for this user, about `length` characters long. Returns `None` if encryption fails.
    pub(super) fn seal(&self, user: Uuid, expires: DateTime<Utc>, length: usize) -> Option<String> {
        let mut sealed = Sealed {
            tid: TENANT_ID,
            uid: user,
            exp: expires.timestamp(),
            nonce: URL_SAFE_NO_PAD.encode(random::bytes::<24>()),
            pad: String::new(),
        };
        let bare = self.encrypt(&sealed)?.len();
        // base64url is applied twice, which turns 9 bytes into 16 characters.
        sealed.pad = "0".repeat(length.saturating_sub(bare) * 9 / 16);
        self.encrypt(&sealed)
    }

    /// Decrypts a challenge.
    ///
    /// # Errors
    /// Returns an error if the sandbox did not issue the challenge, or if it is for another user, expired or used.
    pub(super) fn open(&self, challenge: &str, user: Uuid, now: DateTime<Utc>) -> Result<Sealed, Refused> {
        let sealed = self.decrypt(challenge).filter(|sealed| sealed.tid == TENANT_ID).ok_or(Refused::TokenError)?;
        if sealed.uid != user {
            return Err(Refused::OtherUser);
        }
        if sealed.exp < now.timestamp() {
            return Err(Refused::Expired);
        }
        if self.used.lock().unwrap_or_else(PoisonError::into_inner).contains(&sealed.nonce) {
            return Err(Refused::Used);
        }
        Ok(sealed)
    }

    /// Marks a challenge as used: [`open`](Self::open) refuses it from now on. For `challenge_single_use`.
    pub(super) fn mark_used(&self, sealed: Sealed) {
        self.used.lock().unwrap_or_else(PoisonError::into_inner).insert(sealed.nonce);
    }

    /// Makes used challenges valid again.
    pub(super) fn clear_used(&self) {
        self.used.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn encrypt(&self, sealed: &Sealed) -> Option<String> {
        let header = URL_SAFE_NO_PAD.encode(HEADER);
        let nonce = random::bytes::<NONCE_LEN>();
        let mut text = serde_json::to_vec(sealed).ok()?;
        let tag = self
            .key
            .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), Aad::from(header.as_bytes()), &mut text)
            .ok()?;
        let part = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let jwe = format!("{header}..{}.{}.{}", part(&nonce), part(&text), part(tag.as_ref()));
        Some(part(jwe.as_bytes()))
    }

    fn decrypt(&self, challenge: &str) -> Option<Sealed> {
        let jwe = String::from_utf8(URL_SAFE_NO_PAD.decode(challenge).ok()?).ok()?;
        let parts: Vec<&str> = jwe.split('.').collect();
        let [header, "", nonce, text, tag] = parts[..] else {
            return None;
        };
        let nonce: [u8; NONCE_LEN] = URL_SAFE_NO_PAD.decode(nonce).ok()?.try_into().ok()?;
        let mut text = URL_SAFE_NO_PAD.decode(text).ok()?;
        text.extend(URL_SAFE_NO_PAD.decode(tag).ok()?);
        let open = self
            .key
            .open_in_place(Nonce::assume_unique_for_key(nonce), Aad::from(header.as_bytes()), &mut text)
            .ok()?;
        serde_json::from_slice(open).ok()
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    const ADA: Uuid = Uuid::from_u128(1);

    #[test]
    fn challenge_is_a_compact_jwe_of_observed_size() {
        let challenge = Challenges::new().seal(ADA, DateTime::UNIX_EPOCH, 6931).unwrap();
        assert!(challenge.len().abs_diff(6931) < 16, "{}", challenge.len());
        let jwe = String::from_utf8(URL_SAFE_NO_PAD.decode(challenge).unwrap()).unwrap();
        assert!(jwe.starts_with("eyJ"));
        assert_eq!(jwe.split('.').count(), 5);
    }

    #[test]
    fn challenge_is_valid_for_its_user_until_expiry() {
        let challenges = Challenges::new();
        let now = DateTime::UNIX_EPOCH + TimeDelta::days(1);
        let challenge = challenges.seal(ADA, now, 6931).unwrap();
        assert_eq!(challenges.open(&challenge, ADA, now).unwrap().uid, ADA);
        let refused = |text: &str, user, at| challenges.open(text, user, at).unwrap_err();
        assert_eq!(refused(&challenge, Uuid::from_u128(2), now), Refused::OtherUser);
        assert_eq!(refused(&challenge, ADA, now + TimeDelta::seconds(1)), Refused::Expired);
        assert_eq!(refused("AAAA", ADA, now), Refused::TokenError);
        let other_server = Challenges::new().seal(ADA, now, 6931).unwrap();
        assert_eq!(refused(&other_server, ADA, now), Refused::TokenError);
        challenges.mark_used(challenges.open(&challenge, ADA, now).unwrap());
        assert_eq!(refused(&challenge, ADA, now), Refused::Used);
    }
}
