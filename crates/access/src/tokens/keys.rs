//! Cache of the identity provider's signing keys.

use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use chrono::TimeDelta;
use jsonwebtoken::DecodingKey;
use keyferry_domain::{Clock, Timestamp};
use keyferry_http::Client;
use tokio::sync::watch;
use tokio::time::Instant;

use super::jwks::{FetchError, Keys};
use crate::error::AuthError;

/// Age after which the keys are fetched again.
const MAX_AGE: TimeDelta = TimeDelta::hours(24);
/// Shortest time between two fetches caused by an unknown key id. Unauthenticated clients can send such ids.
const MIN_INTERVAL: TimeDelta = TimeDelta::seconds(60);
/// Shortest time between two fetches after a failed one, while tokens cannot be verified.
const MIN_INTERVAL_AFTER_FAILURE: TimeDelta = TimeDelta::seconds(5);

/// Longest time for fetching metadata and keys. Until then, no other fetch starts.
const FETCH_TIMEOUT: Duration = Duration::from_secs(15);
/// Longest time that a fetch delays callers whose key is not cached, counted from its start. So callers do not queue
/// behind a fetch that hangs.
const PATIENCE: Duration = Duration::from_secs(3);

/// Keys, fetched in the background by one task at a time. Cached keys stay in use during a fetch, and if it fails.
pub(super) struct KeyCache(Arc<Shared>);

struct Shared {
    client: Client,
    metadata: String,
    clock: Arc<dyn Clock>,
    state: RwLock<State>,
    fetch: Mutex<Option<Fetch>>,
}

/// A fetch that is in progress until its sender is dropped.
#[derive(Clone)]
struct Fetch {
    patience: Instant,
    end: watch::Receiver<()>,
}

impl Fetch {
    fn is_in_progress(&self) -> bool {
        self.end.has_changed().is_ok()
    }

    /// Waits until the fetch ends, or until it has delayed callers long enough.
    async fn wait(mut self) {
        drop(tokio::time::timeout_at(self.patience, self.end.changed()).await);
    }
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
        let (state, fetch) = (RwLock::default(), Mutex::default());
        Self(Arc::new(Shared { client, metadata, clock, state, fetch }))
    }

    /// Returns the key with this id, and the issuer named in the provider metadata.
    pub(super) async fn find(&self, kid: &str) -> Result<(DecodingKey, String), AuthError> {
        let is_cached = || self.0.state().keys.is_some_and(|keys| keys.get(kid).is_some());
        let fetch = self.0.fetch_if_needed(kid);
        if let Some(fetch) = &fetch
            && !is_cached()
        {
            fetch.clone().wait().await;
        }
        let retry_after = Duration::from_secs(MIN_INTERVAL_AFTER_FAILURE.num_seconds().unsigned_abs());
        let State { keys, failed, .. } = self.0.state();
        let keys = keys.ok_or(AuthError::KeysUnavailable { retry_after })?;
        match keys.get(kid) {
            Some(key) => Ok((key, keys.issuer.clone())),
            None if failed || fetch.is_some_and(|fetch| fetch.is_in_progress()) => {
                Err(AuthError::KeysUnavailable { retry_after })
            }
            None => Err(AuthError::Invalid("the token's signing key (kid) is unknown")),
        }
    }
}

impl Shared {
    /// Returns the fetch in progress, or starts one. `None` if this key needs none.
    fn fetch_if_needed(self: &Arc<Self>, kid: &str) -> Option<Fetch> {
        if !self.state().needs_fetch(kid, self.clock.now()) {
            return None;
        }
        let mut current = self.fetch.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(fetch) = current.as_ref().filter(|fetch| fetch.is_in_progress()) {
            return Some(fetch.clone());
        }
        // A fetch may have ended since the first check.
        if !self.state().needs_fetch(kid, self.clock.now()) {
            return None;
        }
        let (sender, end) = watch::channel(());
        let fetch = Fetch { patience: Instant::now() + PATIENCE, end };
        *current = Some(fetch.clone());
        let (shared, kid) = (self.clone(), kid.to_owned());
        // In its own task, so that a caller that disconnects does not end it for the others.
        tokio::spawn(async move {
            shared.fetch(&kid).await;
            drop(sender);
        });
        Some(fetch)
    }

    async fn fetch(&self, kid: &str) {
        let fetched = Keys::fetch(&self.client, &self.metadata);
        let fetched = tokio::time::timeout(FETCH_TIMEOUT, fetched).await;
        let fetched = fetched.unwrap_or(Err(FetchError::TimedOut { seconds: FETCH_TIMEOUT.as_secs() }));
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
