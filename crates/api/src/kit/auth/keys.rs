//! The cache of signing keys.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use chrono::TimeDelta;
use jsonwebtoken::DecodingKey;
use keyferry_domain::{Clock, Timestamp};
use keyferry_http::Client;

use super::error::AuthError;
use super::jwks::Keys;

/// After this the keys are fetched again.
const MAX_AGE: TimeDelta = TimeDelta::hours(24);
/// An unknown key id makes us ask, but not more often than this: anybody can send one.
const FLOOR: TimeDelta = TimeDelta::seconds(60);
/// While nobody can tell whether a token is good, we ask again sooner.
const FLOOR_AFTER_FAILURE: TimeDelta = TimeDelta::seconds(5);

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
    /// When an unknown key was last the reason. Apart from the others, so that keys which change just after they were
    /// loaded are found at once.
    searched: Option<Timestamp>,
    /// Whether the last try failed: then an unknown key may be a good one.
    failed: bool,
}

impl Held {
    fn wants(&self, kid: &str, now: Timestamp) -> bool {
        // Absolute, so that a clock that was set back does not keep us from ever asking again.
        let within = |since: Option<Timestamp>, limit| since.is_some_and(|since| (now - since).abs() < limit);
        match &self.keys {
            None => !within(self.tried, FLOOR_AFTER_FAILURE),
            Some(keys) if keys.get(kid).is_some() => !within(self.loaded, MAX_AGE) && !within(self.tried, FLOOR),
            Some(_) => !within(self.searched, if self.failed { FLOOR_AFTER_FAILURE } else { FLOOR }),
        }
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
                self.refresh(kid).await;
            }
        }
        let retry_after = Duration::from_secs(FLOOR_AFTER_FAILURE.num_seconds().unsigned_abs());
        let Held { keys, failed, .. } = self.held();
        let keys = keys.ok_or(AuthError::KeysUnavailable { retry_after })?;
        match keys.get(kid) {
            Some(key) => Ok((key, keys.issuer.clone())),
            None if failed => Err(AuthError::KeysUnavailable { retry_after }),
            None => Err(AuthError::Invalid("the token is signed by an unknown key")),
        }
    }

    async fn refresh(&self, kid: &str) {
        let fetched = Keys::fetch(&self.client, &self.metadata).await;
        let now = self.clock.now();
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        held.tried = Some(now);
        held.failed = fetched.is_err();
        if held.keys.as_ref().is_some_and(|keys| keys.get(kid).is_none()) {
            held.searched = Some(now);
        }
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
