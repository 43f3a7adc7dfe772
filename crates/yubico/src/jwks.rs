//! The two published key sets.

use crate::failures::DELIVERY_SERVICE;
use std::sync::Arc;

use chrono::TimeDelta;
use keyferry_domain::{Clock, Failure, FailureKind, Operation, Party, Timestamp};
use keyferry_http::Client;
use keyferry_jose::JwkSet;
use tokio::sync::{Mutex, MutexGuard};
use url::Url;

const PARTY: Party = Party::DeliveryService;
/// How long a set is used without asking again.
const MAX_AGE: TimeDelta = TimeDelta::minutes(10);
/// How long a set is used although a key was missing in it.
const FLOOR: TimeDelta = TimeDelta::seconds(30);
/// How long a failed fetch is answered for by its failure, so that an outage is not asked about once for each shipment.
const FAILURE_FLOOR: TimeDelta = TimeDelta::seconds(5);

/// What the keys of a set are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Requests are sealed to them.
    Transport,
    /// Responses are verified by them.
    Signing,
}

/// A published key set, kept for a while. Callers at the same moment share one fetch and its outcome. When a set is too
/// old and cannot be fetched, there is none: an older copy could hold a key that was withdrawn.
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

    /// The set, at most ten minutes old. It holds at least one usable key.
    pub(crate) async fn get(&self) -> Result<Arc<JwkSet>, Failure> {
        self.not_older_than(MAX_AGE).await
    }

    /// The set once more, since a key was missing in it: fetched again unless that was done in the last 30 seconds.
    pub(crate) async fn get_again(&self) -> Result<Arc<JwkSet>, Failure> {
        self.not_older_than(FLOOR).await
    }

    async fn not_older_than(&self, age: TimeDelta) -> Result<Arc<JwkSet>, Failure> {
        let state = self.state.lock().await;
        let now = self.clock.now();
        // A time in the future, after the clock was set back, counts as long ago.
        let within = |at: Timestamp, age: TimeDelta| at <= now && now - at < age;
        match &*state {
            State { kept: Some((set, at)), .. } if within(*at, age) => Ok(Arc::clone(set)),
            State { failed: Some((failure, at)), .. } if within(*at, FAILURE_FLOOR) => Err(failure.clone()),
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
            .get(&self.url)
            .about(PARTY, operation)
            .send()
            .await
            .map_err(|error| error.into_failure(&DELIVERY_SERVICE, operation))?;
        if answer.status != 200 {
            let message =
                format!("the published {} could not be fetched: status {}", self.purpose.keys(), answer.status);
            return Err(answer.failure(&DELIVERY_SERVICE, operation, None, message));
        }
        // inferred: the chains in `x5c` of signing keys have no documented root; trust comes from TLS to this address.
        let set = JwkSet::parse(answer.body())
            .map_err(|error| answer.not_understood(&DELIVERY_SERVICE, operation, error.to_string()))?;
        for skipped in set.skipped() {
            tracing::debug!(index = skipped.index, kid = ?skipped.kid, reason = %skipped.reason, keys = self.purpose.keys(), "a published key is not used");
        }
        let (usable, code) = match self.purpose {
            Purpose::Transport => (set.encryption_keys().len(), "no-transport-key"),
            Purpose::Signing => (set.verification_keys().len(), "no-signing-key"),
        };
        if usable > 0 {
            return Ok(set);
        }
        let first =
            set.skipped().first().map(|skipped| format!(", the first since {}", skipped.reason)).unwrap_or_default();
        let message = format!(
            "the delivery service publishes no usable {} (EC P-384 with a `kid`); {} keys were skipped{first}; check the address that is set",
            self.purpose.keys(),
            set.skipped().len(),
        );
        Err(Failure::new(&DELIVERY_SERVICE, operation, FailureKind::Found(code), message)
            .with_correlation(answer.correlation))
    }
}

impl Purpose {
    fn keys(self) -> &'static str {
        match self {
            Self::Transport => "transport keys",
            Self::Signing => "signing keys",
        }
    }
}

#[cfg(test)]
mod tests;
