//! Fetches and caches the two key sets that the delivery service publishes.

use crate::failures::DELIVERY_SERVICE;
use std::sync::Arc;

use chrono::TimeDelta;
use keyferry_domain::{Clock, Failure, FailureKind, Operation, Party, Timestamp};
use keyferry_http::Client;
use keyferry_jose::JwkSet;
use tokio::sync::{Mutex, MutexGuard};
use url::Url;

const PARTY: Party = Party::DeliveryService;
/// How long a cached set is used before it is fetched again.
const MAX_AGE: TimeDelta = TimeDelta::minutes(10);
/// Minimum time between two fetches when a key is missing in the cached set.
const MIN_REFETCH_INTERVAL: TimeDelta = TimeDelta::seconds(30);
/// How long a failed fetch is cached, so that an outage does not cause one fetch per shipment.
const FAILURE_MAX_AGE: TimeDelta = TimeDelta::seconds(5);

/// What the keys of a set are used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Keys to which requests are encrypted.
    Transport,
    /// Keys that verify the signatures of responses.
    Signing,
}

/// Cache of one published key set.
///
/// Concurrent callers share one fetch and its result. When the cached set is too old and cannot be fetched, no set is
/// returned: the old copy could contain a key that was withdrawn.
pub(crate) struct PublishedKeys {
    purpose: Purpose,
    url: Url,
    http: Client,
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    kept: Option<(Arc<JwkSet>, Timestamp)>,
    failed: Option<(Failure, Timestamp)>,
}

impl PublishedKeys {
    pub(crate) fn new(purpose: Purpose, url: Url, http: Client, clock: Arc<dyn Clock>) -> Self {
        Self { purpose, url, http, clock, state: Mutex::default() }
    }

    /// Returns the set, at most ten minutes old, with at least one usable key.
    ///
    /// # Errors
    /// Fails when the set cannot be fetched or parsed, or has no usable key.
    pub(crate) async fn get(&self) -> Result<Arc<JwkSet>, Failure> {
        self.not_older_than(MAX_AGE).await
    }

    /// Returns the set again after a key was missing in it. Fetches it unless the cached set is less than 30 seconds
    /// old.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub(crate) async fn get_again(&self) -> Result<Arc<JwkSet>, Failure> {
        self.not_older_than(MIN_REFETCH_INTERVAL).await
    }

    async fn not_older_than(&self, age: TimeDelta) -> Result<Arc<JwkSet>, Failure> {
        // The lock is held during the fetch, so that concurrent callers wait for it instead of starting their own.
        let state = self.state.lock().await;
        let now = self.clock.now();
        // A time in the future means that the clock was set back; the entry counts as expired.
        let within = |at: Timestamp, age: TimeDelta| at <= now && now - at < age;
        match &*state {
            State { kept: Some((set, at)), .. } if within(*at, age) => Ok(Arc::clone(set)),
            State { failed: Some((failure, at)), .. } if within(*at, FAILURE_MAX_AGE) => Err(failure.clone()),
            _ => self.fetch_into(state).await,
        }
    }

    async fn fetch_into(&self, mut state: MutexGuard<'_, State>) -> Result<Arc<JwkSet>, Failure> {
        match self.fetch().await {
            Ok(set) => {
                let set = Arc::new(set);
                *state = State { kept: Some((Arc::clone(&set), self.clock.now())), failed: None };
                Ok(set)
            }
            Err(failure) => {
                state.failed = Some((failure.clone(), self.clock.now()));
                Err(failure)
            }
        }
    }

    async fn fetch(&self) -> Result<JwkSet, Failure> {
        let operation = match self.purpose {
            Purpose::Transport => Operation::TransportKeys,
            Purpose::Signing => Operation::SigningKeys,
        };
        let answer = self
            .http
            .get_public(&self.url, &[], PARTY, operation)
            .await
            .map_err(|error| error.into_failure(&DELIVERY_SERVICE, operation))?;
        if answer.status != 200 {
            let message = format!("could not fetch the published {}: status {}", self.purpose.keys(), answer.status);
            return Err(answer.failure(&DELIVERY_SERVICE, operation, None, message));
        }
        // inferred: the `x5c` chains of the signing keys have no documented root, so they are not verified. Trust comes
        // from TLS to this address.
        let set = JwkSet::parse(answer.body())
            .map_err(|error| answer.not_understood(&DELIVERY_SERVICE, operation, error.to_string()))?;
        for skipped in set.skipped() {
            tracing::debug!(
                index = skipped.index,
                kid = ?skipped.kid,
                reason = %skipped.reason,
                keys = self.purpose.keys(),
                "skipped unusable published key"
            );
        }
        let (usable, code) = match self.purpose {
            Purpose::Transport => (set.encryption_keys().len(), "no-transport-key"),
            Purpose::Signing => (set.verification_keys().len(), "no-signing-key"),
        };
        if usable > 0 {
            return Ok(set);
        }
        let first =
            set.skipped().first().map(|skipped| format!("; the first one: {}", skipped.reason)).unwrap_or_default();
        let message = format!(
            "the delivery service publishes no usable {} (EC P-384 with a `kid`); {} unusable keys{first}; check the \
             configured URL",
            self.purpose.keys(),
            set.skipped().len(),
        );
        Err(Failure::new(&DELIVERY_SERVICE, operation, FailureKind::Found(code), message)
            .with_correlation(answer.correlation))
    }
}

impl Purpose {
    /// Name of the keys in messages and log lines.
    fn keys(self) -> &'static str {
        match self {
            Self::Transport => "transport keys",
            Self::Signing => "signing keys",
        }
    }
}

#[cfg(test)]
mod tests;
