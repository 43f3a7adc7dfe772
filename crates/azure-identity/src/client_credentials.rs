//! The client credentials grant (RFC 6749 section 4.4) at Entra's token endpoint.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use keyferry_domain::{Clock, Failure, Operation, Party};
use keyferry_http::{Answer, Client, Error, UrlExt as _};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use url::Url;

use crate::app_credential::{AppCredential, ClientProof, SentCredential};
use crate::cache::{Acquire, Acquired, TokenCache};
use crate::failures::FAILURES;
use crate::refusal;
use crate::token::AccessToken;

const PARTY: Party = Party::TokenEndpoint;
const OPERATION: Operation = Operation::AcquireToken;

/// Client, token endpoint and resource of a grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantSettings {
    /// Endpoint of the login service, for example `https://login.microsoftonline.com`.
    pub login_endpoint: Url,
    /// Tenant id, or a domain of the tenant.
    pub tenant: String,
    /// Client id of the application.
    pub client_id: String,
    /// Resource of the token, for example `https://graph.microsoft.com`. Requested as the scope `{resource}/.default`.
    pub resource: String,
}

impl GrantSettings {
    /// Returns the tenant's token endpoint, version 2.
    ///
    /// # Errors
    /// Fails when the tenant is not a valid segment of a URL's path.
    pub fn token_endpoint(&self) -> Result<Url, Error> {
        self.login_endpoint.join_segments([self.tenant.as_str(), "oauth2", "v2.0", "token"])
    }
}

/// Token source of the app registration for one resource, with a cache.
pub type AppTokens = TokenCache<ClientCredentialsGrant>;

/// Requests a token by the client credentials grant.
///
/// If the token endpoint refuses the app credential and its source now has a newer one, the request is repeated once
/// with the newer one. So rotating a secret causes no failure.
pub struct ClientCredentialsGrant {
    token_endpoint: Url,
    client_id: String,
    scope: String,
    http: Client,
    app_credential: AppCredential,
}

#[derive(Serialize)]
struct Grant<'a> {
    grant_type: &'a str,
    client_id: &'a str,
    #[serde(flatten)]
    proof: ClientProof<'a>,
    scope: &'a str,
}

#[derive(Deserialize)]
struct Granted {
    access_token: String,
    token_type: String,
    /// Lifetime in seconds.
    #[serde(deserialize_with = "seconds")]
    expires_in: u32,
}

/// Reads seconds as a number, or as text: RFC 6749 section 5.1 requires a number, but Entra's version 1 endpoints and
/// some gateways return text.
fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Seconds {
        Number(u32),
        Text(String),
    }
    match Seconds::deserialize(deserializer)? {
        Seconds::Number(seconds) => Ok(seconds),
        Seconds::Text(text) => text.trim().parse().map_err(|_| D::Error::custom("expected a number of seconds")),
    }
}

impl AppTokens {
    /// Creates the token source. Makes no call.
    ///
    /// # Errors
    /// Fails when the tenant is not a valid segment of a URL's path.
    pub fn of_app(
        settings: GrantSettings,
        http: Client,
        app_credential: AppCredential,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, Error> {
        let token_endpoint = settings.token_endpoint()?;
        let GrantSettings { client_id, resource, .. } = settings;
        let grant = ClientCredentialsGrant {
            token_endpoint,
            client_id,
            scope: format!("{}/.default", resource.trim_end_matches('/')),
            http,
            app_credential,
        };
        Ok(Self::new(grant, clock))
    }
}

impl ClientCredentialsGrant {
    async fn request(&self, sent: &SentCredential) -> Result<Answer, Failure> {
        let grant = Grant {
            grant_type: "client_credentials",
            client_id: &self.client_id,
            proof: sent.proof()?,
            scope: &self.scope,
        };
        let request = self.http.post(&self.token_endpoint).form(&grant).hide(sent.text()?).idempotent(true);
        request.about(PARTY, OPERATION).send().await.map_err(|error| error.into_failure(&FAILURES, OPERATION))
    }
}

#[async_trait]
impl Acquire for ClientCredentialsGrant {
    async fn acquire(&self) -> Result<Acquired, Failure> {
        let sent = self.app_credential.current().await?;
        let mut answer = self.request(&sent).await?;
        if let Some(newer) = self.app_credential.newer(&sent, &answer).await? {
            answer = self.request(&newer).await?;
        }
        if answer.status != 200 {
            return Err(refusal::failure(&answer));
        }
        let granted: Granted = answer.json().map_err(|error| error.into_failure(&FAILURES, OPERATION))?;
        if !granted.token_type.eq_ignore_ascii_case("Bearer") || granted.access_token.is_empty() {
            return Err(answer.not_understood(&FAILURES, OPERATION, "expected a token of type Bearer"));
        }
        let life = Duration::from_secs(granted.expires_in.into());
        Ok(Acquired { token: AccessToken::new(granted.access_token), life })
    }
}

impl fmt::Debug for ClientCredentialsGrant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AppTokens")
            .field("token_endpoint", &self.token_endpoint.as_str())
            .field("client_id", &self.client_id)
            .field("scope", &self.scope)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
