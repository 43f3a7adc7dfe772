//! The keys that sign checkpoints of the event chain.

use std::sync::Arc;

use keyferry_domain::ports::StoreError;
use keyferry_evidence::{Checkpoint, Signer};
use tokio::sync::Mutex;

use super::keys::{KeyUse, TableKeys};

/// Keys that were read. Replicas that start at the same time may each create one; all of them are held.
pub(super) struct Keys {
    newest: Signer,
    older: Vec<Signer>,
}

impl Keys {
    /// Returns the key that signs.
    pub(super) fn signer(&self) -> &Signer {
        &self.newest
    }

    /// Returns all keys, oldest first.
    pub(super) fn signers(&self) -> impl Iterator<Item = &Signer> {
        self.older.iter().chain([&self.newest])
    }

    /// Reads a checkpoint. Returns `None` if none of the keys signed it.
    pub(super) fn open(&self, jws: &str) -> Option<Checkpoint> {
        self.newest.open(jws).or_else(|| self.older.iter().find_map(|signer| signer.open(jws)))
    }
}

/// Cached keys.
pub(super) struct Signing {
    place: Arc<dyn TableKeys>,
    kept: Mutex<Option<Arc<Keys>>>,
}

impl Signing {
    pub(super) fn new(place: Arc<dyn TableKeys>) -> Self {
        Self { place, kept: Mutex::default() }
    }

    /// Returns the keys. Creates one if there is none.
    pub(super) async fn keys(&self) -> Result<Arc<Keys>, StoreError> {
        let mut kept = self.kept.lock().await;
        if let Some(keys) = &*kept {
            return Ok(keys.clone());
        }
        let mut signers = self.read().await?;
        if signers.is_empty() {
            let signer = Signer::generate().map_err(unavailable)?;
            self.place.add(KeyUse::EventSigning, &signer.to_pkcs8().map_err(unavailable)?).await?;
            tracing::info!(kid = signer.kid(), "created signing key of the event chain");
            // Another replica may have created one, too. Both then sign with the newest.
            signers = self.read().await?;
            if signers.iter().all(|found| found.kid() != signer.kid()) {
                signers.push(signer);
            }
        }
        keep(&mut kept, signers)
    }

    /// Reads the keys again, because another replica may have added one. Never creates one.
    pub(super) async fn reload(&self) -> Result<Arc<Keys>, StoreError> {
        let signers = self.read().await?;
        keep(&mut *self.kept.lock().await, signers)
    }

    /// Returns the keys without creating one.
    pub(super) async fn existing(&self) -> Result<Option<Arc<Keys>>, StoreError> {
        let signers = self.read().await?;
        Ok(keys(signers).map(Arc::new))
    }

    /// Reads the keys, oldest first. A version of the secret that contains no key is not one of them.
    async fn read(&self) -> Result<Vec<Signer>, StoreError> {
        let mut signers: Vec<Signer> = Vec::new();
        for key in self.place.all(KeyUse::EventSigning).await? {
            match Signer::from_pkcs8(key.expose()) {
                // A repeated call adds the same key twice.
                Ok(signer) if signers.iter().all(|found| found.kid() != signer.kid()) => signers.push(signer),
                Ok(_) => {}
                Err(error) => tracing::warn!(
                    %error,
                    remedy = "disable the versions of the secret that Keyferry did not create",
                    "ignored a signing key of the event chain"
                ),
            }
        }
        Ok(signers)
    }
}

fn keep(kept: &mut Option<Arc<Keys>>, signers: Vec<Signer>) -> Result<Arc<Keys>, StoreError> {
    let keys = keys(signers).ok_or_else(|| {
        StoreError::Unavailable(
            "the signing key of the event chain was deleted while Keyferry was running. Recover the secret".into(),
        )
    })?;
    Ok(kept.insert(Arc::new(keys)).clone())
}

fn keys(mut signers: Vec<Signer>) -> Option<Keys> {
    let newest = signers.pop()?;
    Some(Keys { newest, older: signers })
}

pub(super) fn unavailable(error: keyferry_evidence::SignerError) -> StoreError {
    StoreError::Unavailable(error.to_string())
}
