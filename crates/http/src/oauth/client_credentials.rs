//! The client credentials grant (RFC 6749 section 4.4) at Entra's token endpoint.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use keyferry_domain::{Clock, Failure, FailureKind, Operation, Party, SecretBytes};
use serde::{Deserialize, Serialize};
use url::Url;

use super::kept::{Acquire, Acquired, Kept};
use super::{AccessToken, SecretSource, refusal};
use crate::{Answer, Client, Error, UrlExt as _};

const PARTY: Party = Party::TokenEndpoint;
const OPERATION: Operation = Operation::AcquireToken;

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

/// Tokens of an application that shows a client secret.
pub type ClientCredentials = Kept<ClientCredentialsGrant>;

/// One grant after the other. When the secret is refused and its source has another one by now, it is tried once more with that: a secret that
/// was rotated fails nobody.
pub struct ClientCredentialsGrant {
    token_endpoint: Url,
    client_id: String,
    scope: String,
    http: Client,
    secret: Arc<dyn SecretSource>,
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
    pub fn with_secret(
        settings: ClientCredentialsSettings,
        http: Client,
        secret: Arc<dyn SecretSource>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, Error> {
        let ClientCredentialsSettings { login_endpoint, tenant, client_id, resource } = settings;
        let grant = ClientCredentialsGrant {
            token_endpoint: login_endpoint.join_segments([tenant.as_str(), "oauth2", "v2.0", "token"])?,
            client_id,
            scope: format!("{}/.default", resource.trim_end_matches('/')),
            http,
            secret,
        };
        Ok(Self::new(grant, clock))
    }
}

impl ClientCredentialsGrant {
    async fn ask(&self, secret: &SecretBytes) -> Result<Answer, Failure> {
        let secret = std::str::from_utf8(secret.expose()).map_err(|_| {
            let message = "the client secret is not UTF-8 text; expected the secret's value as the portal showed it";
            Failure::new(PARTY, OPERATION, FailureKind::Found("secret-not-text"), message)
        })?;
        let grant = Grant {
            grant_type: "client_credentials",
            client_id: &self.client_id,
            client_secret: secret,
            scope: &self.scope,
        };
        let request = self.http.post(&self.token_endpoint).form(&grant).hide(secret).idempotent(true);
        request.about(PARTY, OPERATION).send().await.map_err(|error| error.into_failure(PARTY, OPERATION))
    }
}

#[async_trait]
impl Acquire for ClientCredentialsGrant {
    async fn acquire(&self) -> Result<Acquired, Failure> {
        let secret = self.secret.secret().await?;
        let mut answer = self.ask(&secret).await?;
        if answer.status != 200 && refusal::is_of_secret(&answer) {
            self.secret.refused(&secret);
            let another = self.secret.secret().await?;
            if another.expose() != secret.expose() {
                answer = self.ask(&another).await?;
            }
        }
        if answer.status != 200 {
            return Err(refusal::failure(&answer));
        }
        let granted: Granted = answer.json().map_err(|error| error.into_failure(PARTY, OPERATION))?;
        if !granted.token_type.eq_ignore_ascii_case("Bearer") || granted.access_token.is_empty() {
            return Err(answer.not_understood(PARTY, OPERATION, "expected a token of type Bearer"));
        }
        let life = Duration::from_secs(granted.expires_in.into());
        Ok(Acquired { token: AccessToken::new(granted.access_token), life })
    }
}

impl fmt::Debug for ClientCredentialsGrant {
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
