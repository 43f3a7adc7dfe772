//! Tokens that are kept while they are good.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use keyferry_domain::{Clock, Failure, Timestamp};

use super::{AccessToken, TokenSource};

/// Where a token is got anew.
#[async_trait]
pub trait Acquire: fmt::Debug + Send + Sync {
    /// Gets one.
    ///
    /// # Errors
    /// A failure of `Party::TokenEndpoint`, or of whoever keeps the secret.
    async fn acquire(&self) -> Result<Acquired, Failure>;
}

/// A token, and how long it is good, counted from before it was asked for.
#[derive(Debug)]
pub struct Acquired {
    /// The token.
    pub token: AccessToken,
    /// Its life.
    pub life: Duration,
}

/// Keeps each token until five minutes before it expires (half its life, if that is shorter). Callers at the same moment share one acquisition
/// and its outcome.
pub struct Kept<A> {
    source: A,
    clock: Arc<dyn Clock>,
    kept: Mutex<Option<(AccessToken, Timestamp)>>,
    /// Held by whoever acquires; the failure of the last acquisition, for those who waited for it.
    flight: tokio::sync::Mutex<Option<Failure>>,
    flights: AtomicU64,
}

impl<A: Acquire> Kept<A> {
    /// Keeps the tokens of this source. No call is made.
    pub fn new(source: A, clock: Arc<dyn Clock>) -> Self {
        Self {
            source,
            clock,
            kept: Mutex::default(),
            flight: tokio::sync::Mutex::default(),
            flights: AtomicU64::default(),
        }
    }

    fn kept(&self) -> MutexGuard<'_, Option<(AccessToken, Timestamp)>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fresh(&self) -> Option<AccessToken> {
        let now = self.clock.now();
        self.kept().as_ref().filter(|(_, until)| now < *until).map(|(token, _)| token.clone())
    }

    async fn acquire(&self) -> Result<AccessToken, Failure> {
        // Taken before the call, so that the token's life is never thought longer than it is.
        let asked = self.clock.now();
        let Acquired { token, life } = self.source.acquire().await?;
        let margin = Duration::from_secs(5 * 60).min(life / 2);
        *self.kept() = Some((token.clone(), asked + (life - margin)));
        Ok(token)
    }
}

#[async_trait]
impl<A: Acquire> TokenSource for Kept<A> {
    async fn token(&self) -> Result<AccessToken, Failure> {
        if let Some(token) = self.fresh() {
            return Ok(token);
        }
        let before = self.flights.load(SeqCst);
        let mut last = self.flight.lock().await;
        if let Some(token) = self.fresh() {
            return Ok(token);
        }
        // Somebody tried while we waited: their failure is ours, rather than one call after the other.
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
        let mut kept = self.kept();
        if kept.as_ref().is_some_and(|(token, _)| token.is_same(refused)) {
            *kept = None;
        }
    }
}

impl<A: Acquire> fmt::Debug for Kept<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kept").field("source", &self.source).finish_non_exhaustive()
    }
}
