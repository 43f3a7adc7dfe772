//! The identity that the platform gave this machine or container
//! (<https://learn.microsoft.com/azure/container-apps/managed-identity>).

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use azure_core::credentials::TokenCredential as _;
use azure_core::error::{Error, ErrorKind};
use azure_core::http::{ClientOptions, RetryOptions, Transport};
use azure_identity::{ManagedIdentityCredential, ManagedIdentityCredentialOptions, UserAssignedId};
use keyferry_domain::{Clock, Failure, FailureKind, Operation, Party};
use keyferry_http::{Client, clean};

use crate::cache::{Acquire, Acquired, TokenCache};
use crate::failures::FAILURES;
use crate::sdk::{Bridge, chain};
use crate::token::AccessToken;

const PARTY: Party = Party::TokenEndpoint;
const OPERATION: Operation = Operation::AcquireToken;

/// Tokens of a managed identity for one resource.
pub type ManagedIdentity = TokenCache<IdentityEndpoint>;

/// The platform's endpoint, asked by the official SDK. It finds the endpoint in `IDENTITY_ENDPOINT` and `IDENTITY_HEADER`, which the platform sets.
pub struct IdentityEndpoint {
    /// Of a user-assigned identity; the system-assigned one when there is none.
    client_id: Option<String>,
    scope: String,
    http: Client,
    clock: Arc<dyn Clock>,
}

/// Sets the source up; no call is made. `resource` is whom the token is for, such as `https://vault.azure.net`.
pub fn managed_identity(
    client_id: Option<&str>,
    resource: &str,
    http: Client,
    clock: Arc<dyn Clock>,
) -> ManagedIdentity {
    let endpoint = IdentityEndpoint {
        client_id: client_id.map(str::to_owned),
        scope: format!("{}/.default", resource.trim_end_matches('/')),
        http,
        clock: clock.clone(),
    };
    TokenCache::new(endpoint, clock)
}

#[async_trait]
impl Acquire for IdentityEndpoint {
    /// Makes a new `ManagedIdentityCredential` each time: the SDK's would cache a token that was refused.
    async fn acquire(&self) -> Result<Acquired, Failure> {
        let options = ManagedIdentityCredentialOptions {
            user_assigned_id: self.client_id.clone().map(UserAssignedId::ClientId),
            client_options: ClientOptions {
                transport: Some(Transport::new(Bridge::without_tokens(self.http.clone(), PARTY, OPERATION))),
                retry: RetryOptions::none(),
                ..ClientOptions::default()
            },
        };
        let failure = |error| self.failure(&error);
        let credential = ManagedIdentityCredential::new(Some(options)).map_err(failure)?;
        let given = credential.get_token(&[&self.scope], None).await.map_err(failure)?;
        let left = given.expires_on.unix_timestamp() - self.clock.now().timestamp();
        let life = Duration::from_secs(u64::try_from(left).unwrap_or_default());
        Ok(Acquired { token: AccessToken::new(given.token.secret()), life })
    }
}

impl IdentityEndpoint {
    fn failure(&self, error: &Error) -> Failure {
        let text = chain(error);
        // The SDK answers a 400 in words of its own, without the status.
        let unassigned = text.contains("has not been assigned").then_some(400);
        let status = error.http_status().map(u16::from).or_else(|| status_below(error)).or(unassigned);
        let who = match &self.client_id {
            Some(id) => format!("the user-assigned managed identity with client id {id}"),
            None => "the system-assigned managed identity".to_owned(),
        };
        let advice = match status {
            Some(400) => format!("{who} is not assigned to this app: assign it, or set AZURE_CLIENT_ID to one that is"),
            Some(403) => "the endpoint did not take IDENTITY_HEADER, which changes with each start of the container".to_owned(),
            _ => "IDENTITY_ENDPOINT is where the platform says it is; without it this is no container app with an identity, and \
                  KEYFERRY_AZURE_IDENTITY=app may be meant"
                .to_owned(),
        };
        let message = format!("no token for {} as {who}: {}; {advice}", self.scope, clean(&text));
        let kind = match (status, error.kind()) {
            (Some(status), _) => FailureKind::Answered { status, code: None },
            (None, ErrorKind::Connection) => FailureKind::Unreachable,
            (None, ErrorKind::Io) => FailureKind::ConnectionLost,
            (None, _) => FailureKind::Found("no-managed-identity"),
        };
        Failure::new(&FAILURES, OPERATION, kind, message)
    }
}

/// The status of an answer that one of the causes is.
fn status_below(error: &Error) -> Option<u16> {
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        if let Some(status) = error.downcast_ref::<Error>().and_then(Error::http_status) {
            return Some(status.into());
        }
        cause = error.source();
    }
    None
}

impl fmt::Debug for IdentityEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IdentityEndpoint")
            .field("client_id", &self.client_id)
            .field("scope", &self.scope)
            .finish_non_exhaustive()
    }
}
