//! Sealing of secrets with AES-256-GCM (NIST SP 800-38D) and random nonces. The purpose is authenticated, too.

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use keyferry_domain::SecretBytes;
use zeroize::Zeroizing;

use crate::Error;
use crate::files::KEY_LENGTH;

/// Seals and opens values with the key from the key file.
pub(crate) struct Sealer {
    key: RandomizedNonceKey,
}

/// A sealed value cannot be opened: it has another key or purpose, or was changed.
#[derive(Debug)]
pub(crate) struct DoesNotOpen;

impl Sealer {
    pub(crate) fn new(key: &[u8; KEY_LENGTH]) -> Result<Self, Error> {
        RandomizedNonceKey::new(&AES_256_GCM, key)
            .map(|key| Self { key })
            .map_err(|_| Error::Cryptography("loading the key"))
    }

    pub(crate) fn new_key() -> Result<Zeroizing<[u8; KEY_LENGTH]>, Error> {
        let mut key = Zeroizing::new([0; KEY_LENGTH]);
        aws_lc_rs::rand::fill(&mut *key).map_err(|_| Error::Cryptography("generating a key"))?;
        Ok(key)
    }

    /// Returns nonce, ciphertext and tag.
    pub(crate) fn seal(&self, purpose: &str, value: &[u8]) -> Result<Vec<u8>, Error> {
        // Reserves space for the tag: a reallocation would leave a copy of the plaintext in memory.
        let mut buffer = Zeroizing::new(Vec::with_capacity(value.len() + AES_256_GCM.tag_len()));
        buffer.extend_from_slice(value);
        let nonce = self
            .key
            .seal_in_place_append_tag(Aad::from(purpose), &mut *buffer)
            .map_err(|_| Error::Cryptography("sealing a secret"))?;
        let mut sealed = nonce.as_ref().to_vec();
        sealed.extend_from_slice(&buffer);
        Ok(sealed)
    }

    pub(crate) fn open(&self, purpose: &str, sealed: &[u8]) -> Result<SecretBytes, DoesNotOpen> {
        let (nonce, body) = sealed.split_at_checked(NONCE_LEN).ok_or(DoesNotOpen)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| DoesNotOpen)?;
        let mut buffer = Zeroizing::new(body.to_vec());
        let length = self.key.open_in_place(nonce, Aad::from(purpose), &mut buffer).map_err(|_| DoesNotOpen)?.len();
        buffer.truncate(length);
        Ok(buffer.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opens_only_with_the_same_key_and_purpose() {
        let sealer = Sealer::new(&[7; KEY_LENGTH]).unwrap();
        let mut sealed = sealer.seal("a", b"canary").unwrap();
        assert_eq!(sealer.open("a", &sealed).unwrap().expose(), b"canary");
        assert!(sealer.open("b", &sealed).is_err());
        assert!(Sealer::new(&[8; KEY_LENGTH]).unwrap().open("a", &sealed).is_err());
        assert!(sealer.open("a", &sealed[..5]).is_err());
        *sealed.last_mut().unwrap() ^= 1;
        assert!(sealer.open("a", &sealed).is_err());
    }

    #[test]
    fn sealing_twice_gives_different_bytes() {
        let sealer = Sealer::new(&Sealer::new_key().unwrap()).unwrap();
        assert_ne!(sealer.seal("a", b"canary").unwrap(), sealer.seal("a", b"canary").unwrap());
    }
}
