//! Seals orders of batches with AES-256-GCM (NIST SP 800-38D) and random nonces. The purpose is authenticated, too.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::digest;
use keyferry_domain::ports::StoreError;
use keyferry_domain::{Clock, SecretBytes};
use tokio::sync::Mutex;
use zeroize::Zeroizing;

use super::key::hex;
use super::keys::{KeyUse, TableKeys};

/// Number of bytes of a key.
const KEY_LENGTH: usize = 32;

/// Time after which a key that was missing is looked up again. Thousands of rows may be sealed with it.
const MISSING: Duration = Duration::from_secs(60);

/// Number of bytes of a key's id.
const ID_LENGTH: usize = 8;

/// Key that seals and opens orders.
pub(super) struct Sealer {
    id: String,
    key: RandomizedNonceKey,
}

impl Sealer {
    /// Returns `None` if these bytes are no key.
    fn new(key: &[u8]) -> Option<Self> {
        let sealing = RandomizedNonceKey::new(&AES_256_GCM, key).ok()?;
        let mut hashed = digest::Context::new(&digest::SHA256);
        hashed.update(b"keyferry sealing key 1");
        hashed.update(key);
        Some(Self { id: hex(&hashed.finish().as_ref()[..ID_LENGTH]), key: sealing })
    }

    /// Returns the key's id, which does not reveal the key.
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// Returns nonce, ciphertext and tag.
    pub(super) fn seal(&self, purpose: &str, value: &[u8]) -> Result<Vec<u8>, StoreError> {
        // Reserves space for the tag: a reallocation would leave a copy of the plaintext in memory.
        let mut buffer = Zeroizing::new(Vec::with_capacity(value.len() + AES_256_GCM.tag_len()));
        buffer.extend_from_slice(value);
        let sealed = self.key.seal_in_place_append_tag(Aad::from(purpose), &mut *buffer);
        let nonce = sealed.map_err(|_| StoreError::Unavailable("could not seal an order".into()))?;
        Ok([nonce.as_ref().as_slice(), &buffer].concat())
    }

    /// Returns `None` if the value was sealed with another key or for another purpose, or was changed.
    fn open(&self, purpose: &str, sealed: &[u8]) -> Option<SecretBytes> {
        let (nonce, body) = sealed.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut buffer = Zeroizing::new(body.to_vec());
        let length = self.key.open_in_place(nonce, Aad::from(purpose), &mut buffer).ok()?.len();
        buffer.truncate(length);
        Some(buffer.into())
    }
}

type Sealers = Arc<Vec<Sealer>>;

/// Cached keys, oldest first. Replicas that start at the same time may each create one; all of them open orders.
pub(super) struct Sealing {
    place: Arc<dyn TableKeys>,
    clock: Arc<dyn Clock>,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    sealers: Sealers,
    /// Ids of keys that were missing, with the time.
    missing: BTreeMap<String, Duration>,
}

impl Sealing {
    pub(super) fn new(place: Arc<dyn TableKeys>, clock: Arc<dyn Clock>) -> Self {
        Self { place, clock, kept: Mutex::default() }
    }

    /// Returns the keys, at least one. Creates one if there is none. The last one seals.
    pub(super) async fn keys(&self) -> Result<Sealers, StoreError> {
        let mut kept = self.kept.lock().await;
        if !kept.sealers.is_empty() {
            return Ok(kept.sealers.clone());
        }
        let mut sealers = self.read().await?;
        if sealers.is_empty() {
            let failed = || StoreError::Unavailable("could not create a key for the orders of batches".into());
            let mut key = Zeroizing::new(vec![0; KEY_LENGTH]);
            aws_lc_rs::rand::fill(&mut key).map_err(|_| failed())?;
            let sealer = Sealer::new(&key).ok_or_else(failed)?;
            self.place.add(KeyUse::OrderSealing, &key.into()).await?;
            tracing::info!(key = sealer.id, "created sealing key for orders of batches");
            // Another replica may have created one, too.
            sealers = self.read().await?;
            if sealers.iter().all(|found| found.id != sealer.id) {
                sealers.push(sealer);
            }
        }
        kept.sealers = Arc::new(sealers);
        Ok(kept.sealers.clone())
    }

    /// Opens an order that the key with this id sealed. `None`: there is no such key, or the order does not open.
    ///
    /// # Errors
    /// Fails if the keys cannot be read.
    pub(super) async fn open(
        &self,
        key: &str,
        purpose: &str,
        sealed: &[u8],
    ) -> Result<Option<SecretBytes>, StoreError> {
        let mut kept = self.kept.lock().await;
        let (now, is_known) =
            (self.clock.monotonic(), |sealers: &Sealers| sealers.iter().any(|sealer| sealer.id == key));
        let is_missing = kept.missing.get(key).is_some_and(|since| now < *since + MISSING);
        if !is_known(&kept.sealers) && !is_missing {
            // Another replica may have added the key.
            kept.sealers = Arc::new(self.read().await?);
            if !is_known(&kept.sealers) {
                kept.missing.insert(key.to_owned(), now);
            }
        }
        let sealer = kept.sealers.iter().find(|sealer| sealer.id == key);
        Ok(sealer.and_then(|sealer| sealer.open(purpose, sealed)))
    }

    /// Reads the keys. A version of the secret that contains no key is not one of them.
    async fn read(&self) -> Result<Vec<Sealer>, StoreError> {
        let mut sealers: Vec<Sealer> = Vec::new();
        for key in self.place.all(KeyUse::OrderSealing).await? {
            match Sealer::new(key.expose()) {
                // A repeated call adds the same key twice.
                Some(sealer) if sealers.iter().all(|found| found.id != sealer.id) => sealers.push(sealer),
                Some(_) => {}
                None => tracing::warn!(
                    remedy = "disable the versions of the secret that Keyferry did not create",
                    "ignored a sealing key of the orders of batches"
                ),
            }
        }
        Ok(sealers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opens_only_with_the_same_key_and_purpose() {
        let (seven, eight) = (Sealer::new(&[7; KEY_LENGTH]).unwrap(), Sealer::new(&[8; KEY_LENGTH]).unwrap());
        let mut sealed = seven.seal("a", b"canary").unwrap();
        assert_eq!(seven.open("a", &sealed).unwrap().expose(), b"canary");
        assert!(seven.open("b", &sealed).is_none() && eight.open("a", &sealed).is_none());
        assert!(seven.open("a", &sealed[..5]).is_none());
        *sealed.last_mut().unwrap() ^= 1;
        assert!(seven.open("a", &sealed).is_none());
        assert_ne!(seven.seal("a", b"canary").unwrap(), seven.seal("a", b"canary").unwrap());
        assert!(seven.id() != eight.id() && Sealer::new(b"short").is_none());
    }
}
