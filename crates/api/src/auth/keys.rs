//! The cache of signing keys.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use chrono::TimeDelta;
use jsonwebtoken::DecodingKey;
use keyferry_domain::{Clock, Timestamp};
use keyferry_http::Client;

use super::AuthError;
use super::jwks::Keys;

/// After this the keys are fetched again.
const MAX_AGE: TimeDelta = TimeDelta::hours(24);
/// An unknown key id makes us ask, but not more often than this: anybody can send one.
const FLOOR: TimeDelta = TimeDelta::seconds(60);
/// While there are no keys at all, nobody can call; then we ask again sooner.
const FLOOR_WITHOUT_KEYS: TimeDelta = TimeDelta::seconds(5);

/// Keys, fetched when they are needed, by one task at a time. Old keys stay while no new ones can be had.
pub(super) struct KeyCache {
    client: Client,
    metadata: String,
    clock: Arc<dyn Clock>,
    held: RwLock<Held>,
    fetching: tokio::sync::Mutex<()>,
}

#[derive(Clone, Default)]
struct Held {
    keys: Option<Arc<Keys>>,
    loaded: Option<Timestamp>,
    tried: Option<Timestamp>,
}

impl Held {
    fn wants(&self, kid: &str, now: Timestamp) -> bool {
        // Absolute, so that a clock that was set back does not keep us from ever asking again.
        let within = |since: Option<Timestamp>, limit| since.is_some_and(|since| (now - since).abs() < limit);
        let Some(keys) = &self.keys else { return !within(self.tried, FLOOR_WITHOUT_KEYS) };
        let wanting = keys.get(kid).is_none() || !within(self.loaded, MAX_AGE);
        wanting && !within(self.tried, FLOOR)
    }
}

impl KeyCache {
    pub(super) fn new(client: Client, metadata: String, clock: Arc<dyn Clock>) -> Self {
        Self { client, metadata, clock, held: RwLock::default(), fetching: tokio::sync::Mutex::default() }
    }

    /// The key of this id, and the issuer that the metadata names.
    pub(super) async fn find(&self, kid: &str) -> Result<(DecodingKey, String), AuthError> {
        if self.held().wants(kid, self.clock.now()) {
            let _one_at_a_time = self.fetching.lock().await;
            // Whoever held the lock before may have fetched it.
            if self.held().wants(kid, self.clock.now()) {
                self.refresh().await;
            }
        }
        let retry_after = Duration::from_secs(FLOOR_WITHOUT_KEYS.num_seconds().unsigned_abs());
        let keys = self.held().keys.ok_or(AuthError::KeysUnavailable { retry_after })?;
        let key = keys.get(kid).ok_or(AuthError::Invalid("the token is signed by an unknown key"))?;
        Ok((key, keys.issuer.clone()))
    }

    async fn refresh(&self) {
        let fetched = Keys::fetch(&self.client, &self.metadata).await;
        let now = self.clock.now();
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        held.tried = Some(now);
        match fetched {
            Ok(keys) => {
                held.keys = Some(Arc::new(keys));
                held.loaded = Some(now);
            }
            Err(error) if held.keys.is_some() => {
                tracing::warn!(%error, "the identity provider's signing keys could not be fetched anew; the old ones stay in use");
            }
            Err(error) => {
                tracing::error!(%error, "the identity provider's signing keys could not be fetched: no caller can be let in. Check the login endpoint and the tenant");
            }
        }
    }

    fn held(&self) -> Held {
        self.held.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
