//! The client credentials grant (RFC 6749 section 4.4) at Entra's token endpoint.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use keyferry_domain::{Clock, Failure, FailureKind, Operation, Party, Timestamp};
use serde::{Deserialize, Serialize};
use url::Url;

use super::{AccessToken, SecretSource, TokenSource, refusal};
use crate::{Client, Error, UrlExt as _};

/// Who asks, whom, and for what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientCredentialsSettings {
    /// The login service, such as `https://login.microsoftonline.com`.
    pub login_endpoint: Url,
    /// Tenant id or a domain of the tenant.
    pub tenant: String,
    /// The application's client id.
    pub client_id: String,
    /// Whom the token is for, such as `https://graph.microsoft.com`; asked for as `{resource}/.default`.
    pub resource: String,
}

/// Gets tokens with a client secret, and keeps each until five minutes before it expires (half its life, if that is
/// shorter). Callers at the same moment share one acquisition and its outcome.
pub struct ClientCredentials {
    token_endpoint: Url,
    client_id: String,
    scope: String,
    http: Client,
    secret: Arc<dyn SecretSource>,
    clock: Arc<dyn Clock>,
    kept: Mutex<Option<Kept>>,
    /// Held by whoever acquires; the outcome of the last acquisition that failed, for those who waited for it.
    flight: tokio::sync::Mutex<Flight>,
    flights: std::sync::atomic::AtomicU64,
}

struct Kept {
    token: AccessToken,
    until: Timestamp,
}

#[derive(Default)]
struct Flight {
    failure: Option<Failure>,
}

#[derive(Serialize)]
struct Grant<'a> {
    grant_type: &'a str,
    client_id: &'a str,
    client_secret: &'a str,
    scope: &'a str,
}

#[derive(Deserialize)]
struct Granted {
    access_token: String,
    token_type: String,
    /// Seconds.
    expires_in: u32,
}

impl ClientCredentials {
    /// Sets the source up; no call is made.
    ///
    /// # Errors
    /// When the tenant cannot stand in a URL's path.
    pub fn new(
        settings: ClientCredentialsSettings,
        http: Client,
        secret: Arc<dyn SecretSource>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, Error> {
        let ClientCredentialsSettings { login_endpoint, tenant, client_id, resource } = settings;
        Ok(Self {
            token_endpoint: login_endpoint.join_segments([tenant.as_str(), "oauth2", "v2.0", "token"])?,
            client_id,
            scope: format!("{}/.default", resource.trim_end_matches('/')),
            http,
            secret,
            clock,
            kept: Mutex::default(),
            flight: tokio::sync::Mutex::default(),
            flights: std::sync::atomic::AtomicU64::default(),
        })
    }

    fn kept(&self) -> MutexGuard<'_, Option<Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fresh(&self) -> Option<AccessToken> {
        let now = self.clock.now();
        self.kept().as_ref().filter(|kept| now < kept.until).map(|kept| kept.token.clone())
    }

    async fn acquire(&self) -> Result<AccessToken, Failure> {
        const PARTY: Party = Party::TokenEndpoint;
        const OPERATION: Operation = Operation::AcquireToken;

        let secret = self.secret.secret().await?;
        let secret = std::str::from_utf8(secret.expose()).map_err(|_| {
            let message = "the client secret is not UTF-8 text; expected the secret's value as the portal showed it";
            Failure::new(PARTY, OPERATION, FailureKind::Found("secret-not-text"), message)
        })?;
        // Taken before the call, so that the token's life is never thought longer than it is.
        let asked = self.clock.now();
        let grant = Grant {
            grant_type: "client_credentials",
            client_id: &self.client_id,
            client_secret: secret,
            scope: &self.scope,
        };
        let request = self.http.post(&self.token_endpoint).form(&grant).hide(secret).idempotent(true);
        let answer =
            request.about(PARTY, OPERATION).send().await.map_err(|error| error.into_failure(PARTY, OPERATION))?;
        if answer.status != 200 {
            return Err(refusal::failure(&answer));
        }
        let granted: Granted = answer.json().map_err(|error| error.into_failure(PARTY, OPERATION))?;
        if !granted.token_type.eq_ignore_ascii_case("Bearer") || granted.access_token.is_empty() {
            return Err(answer.not_understood(PARTY, OPERATION, "expected a token of type Bearer"));
        }
        let life = Duration::from_secs(granted.expires_in.into());
        let margin = Duration::from_secs(5 * 60).min(life / 2);
        let token = AccessToken::new(granted.access_token);
        *self.kept() = Some(Kept { token: token.clone(), until: asked + (life - margin) });
        Ok(token)
    }
}

#[async_trait]
impl TokenSource for ClientCredentials {
    async fn token(&self) -> Result<AccessToken, Failure> {
        use std::sync::atomic::Ordering::SeqCst;

        if let Some(token) = self.fresh() {
            return Ok(token);
        }
        let before = self.flights.load(SeqCst);
        let mut flight = self.flight.lock().await;
        if let Some(token) = self.fresh() {
            return Ok(token);
        }
        // Somebody tried while we waited: their failure is ours, rather than one call after the other.
        if self.flights.load(SeqCst) != before
            && let Some(failure) = &flight.failure
        {
            return Err(failure.clone());
        }
        let result = self.acquire().await;
        flight.failure = result.as_ref().err().cloned();
        self.flights.fetch_add(1, SeqCst);
        result
    }

    fn invalidate(&self, refused: &AccessToken) {
        let mut kept = self.kept();
        if kept.as_ref().is_some_and(|kept| kept.token.is_same(refused)) {
            *kept = None;
        }
    }
}

impl fmt::Debug for ClientCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientCredentials")
            .field("token_endpoint", &self.token_endpoint.as_str())
            .field("client_id", &self.client_id)
            .field("scope", &self.scope)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
