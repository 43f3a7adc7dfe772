//! Cache of the identity provider's signing keys.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use chrono::TimeDelta;
use jsonwebtoken::DecodingKey;
use keyferry_domain::{Clock, Timestamp};
use keyferry_http::Client;

use super::error::AuthError;
use super::jwks::Keys;

/// Age after which the keys are fetched again.
const MAX_AGE: TimeDelta = TimeDelta::hours(24);
/// Shortest time between two fetches caused by an unknown key id. Unauthenticated clients can send such ids.
const FLOOR: TimeDelta = TimeDelta::seconds(60);
/// Shortest time between two fetches after a failed one, while tokens cannot be verified.
const FLOOR_AFTER_FAILURE: TimeDelta = TimeDelta::seconds(5);

/// Keys, fetched on demand by one task at a time. If a fetch fails, the cached keys stay in use.
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
    /// When an unknown key id last caused a fetch. Kept apart from `tried`, so that keys which rotate just after they
    /// were loaded are found at once.
    searched: Option<Timestamp>,
    /// Whether the last fetch failed. If so, an unknown key id may belong to a valid new key.
    failed: bool,
}

impl Held {
    fn wants(&self, kid: &str, now: Timestamp) -> bool {
        // Absolute difference: otherwise no fetch would happen for a long time after the clock was set back.
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

    /// Returns the key with this id, and the issuer named in the provider metadata.
    pub(super) async fn find(&self, kid: &str) -> Result<(DecodingKey, String), AuthError> {
        if self.held().wants(kid, self.clock.now()) {
            let _one_at_a_time = self.fetching.lock().await;
            // The task that held the lock before may have fetched it.
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
            None => Err(AuthError::Invalid("the token's signing key (kid) is unknown")),
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

    fn held(&self) -> Held {
        self.held.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
