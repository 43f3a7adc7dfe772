//! A cache that holds a token until shortly before it expires.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use keyferry_domain::{Clock, Failure, Timestamp};

use crate::token::{AccessToken, TokenSource};

/// Acquires a new token.
#[async_trait]
pub trait Acquire: fmt::Debug + Send + Sync {
    /// Acquires a token.
    ///
    /// # Errors
    /// Fails with a failure of `Party::TokenEndpoint`, or of the store of the app credential.
    async fn acquire(&self) -> Result<Acquired, Failure>;
}

/// Token and its lifetime, counted from before it was requested.
#[derive(Debug)]
pub struct Acquired {
    /// Token.
    pub token: AccessToken,
    /// Lifetime of the token.
    pub life: Duration,
}

/// Caches each token until five minutes before it expires, or for half its lifetime if that is longer. Concurrent
/// callers share one acquisition and its result.
pub struct TokenCache<A> {
    source: A,
    clock: Arc<dyn Clock>,
    cached: Mutex<Option<(AccessToken, Timestamp)>>,
    /// Locked during an acquisition. Contains the failure of the last one, for callers that waited for it.
    flight: tokio::sync::Mutex<Option<Failure>>,
    flights: AtomicU64,
}

impl<A: Acquire> TokenCache<A> {
    /// Caches the tokens of this source. Makes no call.
    pub fn new(source: A, clock: Arc<dyn Clock>) -> Self {
        Self {
            source,
            clock,
            cached: Mutex::default(),
            flight: tokio::sync::Mutex::default(),
            flights: AtomicU64::default(),
        }
    }

    fn cached(&self) -> MutexGuard<'_, Option<(AccessToken, Timestamp)>> {
        self.cached.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fresh(&self) -> Option<AccessToken> {
        let now = self.clock.now();
        self.cached().as_ref().filter(|(_, until)| now < *until).map(|(token, _)| token.clone())
    }

    async fn acquire(&self) -> Result<AccessToken, Failure> {
        // Read before the call, so that the token is never assumed to live longer than it does.
        let asked = self.clock.now();
        let Acquired { token, life } = self.source.acquire().await?;
        let margin = Duration::from_secs(5 * 60).min(life / 2);
        *self.cached() = Some((token.clone(), asked + (life - margin)));
        Ok(token)
    }
}

#[async_trait]
impl<A: Acquire> TokenSource for TokenCache<A> {
    async fn token(&self) -> Result<AccessToken, Failure> {
        if let Some(token) = self.fresh() {
            return Ok(token);
        }
        let before = self.flights.load(SeqCst);
        let mut last = self.flight.lock().await;
        if let Some(token) = self.fresh() {
            return Ok(token);
        }
        // Another caller tried while we waited. Share its failure instead of calling once per waiting caller.
        if self.flights.load(SeqCst) != before
            && let Some(failure) = &*last
        {
            return Err(failure.clone());
        }
        let result = self.acquire().await;
        *last = result.as_ref().err().cloned();
        self.flights.fetch_add(1, SeqCst);
        result
    }

    fn invalidate(&self, refused: &AccessToken) {
        let mut cached = self.cached();
        if cached.as_ref().is_some_and(|(token, _)| token.is_same(refused)) {
            *cached = None;
        }
    }
}

impl<A: Acquire> fmt::Debug for TokenCache<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenCache").field("source", &self.source).finish_non_exhaustive()
    }
}
