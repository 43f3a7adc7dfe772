//! Cache of the identity provider's signing keys.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use chrono::TimeDelta;
use jsonwebtoken::DecodingKey;
use keyferry_domain::{Clock, Timestamp};
use keyferry_http::Client;

use super::jwks::Keys;
use crate::error::AuthError;

/// Age after which the keys are fetched again.
const MAX_AGE: TimeDelta = TimeDelta::hours(24);
/// Shortest time between two fetches caused by an unknown key id. Unauthenticated clients can send such ids.
const MIN_INTERVAL: TimeDelta = TimeDelta::seconds(60);
/// Shortest time between two fetches after a failed one, while tokens cannot be verified.
const MIN_INTERVAL_AFTER_FAILURE: TimeDelta = TimeDelta::seconds(5);

/// Keys, fetched on demand by one task at a time. If a fetch fails, the cached keys stay in use.
pub(super) struct KeyCache {
    client: Client,
    metadata: String,
    clock: Arc<dyn Clock>,
    state: RwLock<State>,
    fetching: tokio::sync::Mutex<()>,
}

#[derive(Clone, Default)]
struct State {
    keys: Option<Arc<Keys>>,
    loaded: Option<Timestamp>,
    tried: Option<Timestamp>,
    /// When an unknown key id last caused a fetch. Kept apart from `tried`, so that keys which rotate just after they
    /// were loaded are found at once.
    searched: Option<Timestamp>,
    /// Whether the last fetch failed. If so, an unknown key id may belong to a valid new key.
    failed: bool,
}

impl State {
    fn needs_fetch(&self, kid: &str, now: Timestamp) -> bool {
        // Absolute difference: otherwise no fetch would happen for a long time after the clock was set back.
        let within = |since: Option<Timestamp>, limit| since.is_some_and(|since| (now - since).abs() < limit);
        match &self.keys {
            None => !within(self.tried, MIN_INTERVAL_AFTER_FAILURE),
            Some(keys) if keys.get(kid).is_some() => !within(self.loaded, MAX_AGE) && !within(self.tried, MIN_INTERVAL),
            Some(_) => !within(self.searched, if self.failed { MIN_INTERVAL_AFTER_FAILURE } else { MIN_INTERVAL }),
        }
    }
}

impl KeyCache {
    pub(super) fn new(client: Client, metadata: String, clock: Arc<dyn Clock>) -> Self {
        Self { client, metadata, clock, state: RwLock::default(), fetching: tokio::sync::Mutex::default() }
    }

    /// Returns the key with this id, and the issuer named in the provider metadata.
    pub(super) async fn find(&self, kid: &str) -> Result<(DecodingKey, String), AuthError> {
        if self.state().needs_fetch(kid, self.clock.now()) {
            let _one_at_a_time = self.fetching.lock().await;
            // The task that held the lock before may have fetched it.
            if self.state().needs_fetch(kid, self.clock.now()) {
                self.refresh(kid).await;
            }
        }
        let retry_after = Duration::from_secs(MIN_INTERVAL_AFTER_FAILURE.num_seconds().unsigned_abs());
        let State { keys, failed, .. } = self.state();
        let keys = keys.ok_or(AuthError::KeysUnavailable { retry_after })?;
        match keys.get(kid) {
            Some(key) => Ok((key, keys.issuer.clone())),
            None if failed => Err(AuthError::KeysUnavailable { retry_after }),
            None => Err(AuthError::Invalid("the token's signing key (kid) is unknown")),
        }
    }

    async fn refresh(&self, kid: &str) {
        let fetched = Keys::fetch(&self.client, &self.metadata).await;
        let now = self.clock.now();
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        state.tried = Some(now);
        state.failed = fetched.is_err();
        if state.keys.as_ref().is_some_and(|keys| keys.get(kid).is_none()) {
            state.searched = Some(now);
        }
        match fetched {
            Ok(keys) => {
                state.keys = Some(Arc::new(keys));
                state.loaded = Some(now);
            }
            Err(error) if state.keys.is_some() => {
                tracing::warn!(
                    %error,
                    "could not refresh signing keys of the identity provider; cached keys stay in use"
                );
            }
            Err(error) => {
                tracing::error!(
                    %error,
                    remedy = "Check AZURE_TENANT_ID, MS_Login_Online_Endpoint and KEYFERRY_TOKEN_METADATA_URL",
                    "could not fetch signing keys of the identity provider: cannot verify callers' tokens"
                );
            }
        }
    }

    fn state(&self) -> State {
        self.state.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
