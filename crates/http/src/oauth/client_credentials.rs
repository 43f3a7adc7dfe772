//! The client credentials grant (RFC 6749 section 4.4) at Entra's token endpoint.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use keyferry_domain::{Clock, Failure, FailureKind, Operation, Party, SecretBytes};
use serde::{Deserialize, Serialize};
use url::Url;

use super::kept::{Acquire, Acquired, Kept};
use super::{AccessToken, SecretSource, TokenSource, refusal};
use crate::{Answer, Client, Error, UrlExt as _};

const PARTY: Party = Party::TokenEndpoint;
const OPERATION: Operation = Operation::AcquireToken;

/// RFC 7523 section 2.2.
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

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

impl ClientCredentialsSettings {
    /// The tenant's, version 2.
    ///
    /// # Errors
    /// When the tenant cannot stand in a URL's path.
    pub fn token_endpoint(&self) -> Result<Url, Error> {
        self.login_endpoint.join_segments([self.tenant.as_str(), "oauth2", "v2.0", "token"])
    }
}

/// How the application shows who it is.
pub enum Credential {
    /// By a client secret.
    Secret(Arc<dyn SecretSource>),
    /// By a client assertion (RFC 7523 section 2.2): signed with a certificate's key, or a token of another issuer that the application's
    /// registration trusts, such as a managed identity's for `api://AzureADTokenExchange`.
    Assertion(Arc<dyn TokenSource>),
}

/// Tokens of an application.
pub type ClientCredentials = Kept<ClientCredentialsGrant>;

/// One grant after the other. When the credential is refused and its source has another one by now, it is tried once more with that: a secret
/// that was rotated fails nobody.
pub struct ClientCredentialsGrant {
    token_endpoint: Url,
    client_id: String,
    scope: String,
    http: Client,
    credential: Credential,
}

#[derive(Serialize)]
struct Grant<'a> {
    grant_type: &'a str,
    client_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_secret: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_assertion_type: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_assertion: Option<&'a str>,
    scope: &'a str,
}

/// What was shown.
enum Shown {
    Secret(SecretBytes),
    Assertion(AccessToken),
}

impl Shown {
    fn text(&self) -> Result<&str, Failure> {
        match self {
            Self::Assertion(token) => Ok(token.expose()),
            Self::Secret(secret) => std::str::from_utf8(secret.expose()).map_err(|_| {
                let message =
                    "the client secret is not UTF-8 text; expected the secret's value as the portal showed it";
                Failure::new(PARTY, OPERATION, FailureKind::Found("secret-not-text"), message)
            }),
        }
    }
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
    pub fn of_app(
        settings: ClientCredentialsSettings,
        http: Client,
        credential: Credential,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, Error> {
        let token_endpoint = settings.token_endpoint()?;
        let ClientCredentialsSettings { client_id, resource, .. } = settings;
        let grant = ClientCredentialsGrant {
            token_endpoint,
            client_id,
            scope: format!("{}/.default", resource.trim_end_matches('/')),
            http,
            credential,
        };
        Ok(Self::new(grant, clock))
    }
}

impl ClientCredentialsGrant {
    async fn show(&self) -> Result<Shown, Failure> {
        match &self.credential {
            Credential::Secret(source) => source.secret().await.map(Shown::Secret),
            Credential::Assertion(source) => source.token().await.map(Shown::Assertion),
        }
    }

    fn refused(&self, shown: &Shown) {
        match (&self.credential, shown) {
            (Credential::Secret(source), Shown::Secret(secret)) => source.refused(secret),
            (Credential::Assertion(source), Shown::Assertion(token)) => source.invalidate(token),
            _ => {}
        }
    }

    async fn ask(&self, shown: &str) -> Result<Answer, Failure> {
        let by_assertion = matches!(self.credential, Credential::Assertion(_));
        let grant = Grant {
            grant_type: "client_credentials",
            client_id: &self.client_id,
            client_secret: (!by_assertion).then_some(shown),
            client_assertion_type: by_assertion.then_some(JWT_BEARER),
            client_assertion: by_assertion.then_some(shown),
            scope: &self.scope,
        };
        let request = self.http.post(&self.token_endpoint).form(&grant).hide(shown).idempotent(true);
        request.about(PARTY, OPERATION).send().await.map_err(|error| error.into_failure(PARTY, OPERATION))
    }
}

#[async_trait]
impl Acquire for ClientCredentialsGrant {
    async fn acquire(&self) -> Result<Acquired, Failure> {
        let shown = self.show().await?;
        let mut answer = self.ask(shown.text()?).await?;
        if answer.status != 200 && refusal::is_of_credential(&answer) {
            self.refused(&shown);
            let another = self.show().await?;
            if another.text()? != shown.text()? {
                answer = self.ask(another.text()?).await?;
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
