//! Managed identity of this machine or container
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
use crate::sdk::{SdkAdapter, chain};
use crate::token::AccessToken;

const PARTY: Party = Party::TokenEndpoint;
const OPERATION: Operation = Operation::AcquireToken;

/// Token source of a managed identity for one resource, with a cache.
pub type ManagedIdentity = TokenCache<IdentityEndpoint>;

/// Identity endpoint of the platform, called through the official SDK. The SDK reads `IDENTITY_ENDPOINT` and
/// `IDENTITY_HEADER`, which the platform sets.
pub struct IdentityEndpoint {
    /// Client id of a user-assigned identity. `None`: the system-assigned identity.
    client_id: Option<String>,
    scope: String,
    http: Client,
    clock: Arc<dyn Clock>,
}

/// Creates the token source. Makes no call. `resource` is the resource of the tokens, for example
/// `https://vault.azure.net`.
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
    /// Creates a new `ManagedIdentityCredential` each time, because the SDK caches tokens even if they were refused.
    async fn acquire(&self) -> Result<Acquired, Failure> {
        let options = ManagedIdentityCredentialOptions {
            user_assigned_id: self.client_id.clone().map(UserAssignedId::ClientId),
            client_options: ClientOptions {
                transport: Some(Transport::new(SdkAdapter::without_tokens(self.http.clone(), PARTY, OPERATION))),
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
        // For a 400, the SDK returns its own message without the status.
        let unassigned = text.contains("has not been assigned").then_some(400);
        let status = error.http_status().map(u16::from).or_else(|| status_below(error)).or(unassigned);
        let who = match &self.client_id {
            Some(id) => format!("the user-assigned managed identity with client id {id}"),
            None => "the system-assigned managed identity".to_owned(),
        };
        let advice = match status {
            Some(400) => format!("Assign {who} to this app, or set AZURE_CLIENT_ID to an assigned identity"),
            Some(403) => {
                "The endpoint refused IDENTITY_HEADER, which changes with each start of the container. Do not \
                          set it yourself"
                    .to_owned()
            }
            _ => {
                "The platform sets IDENTITY_ENDPOINT. If it is not set, this container has no managed identity: assign \
                  one, or set KEYFERRY_AZURE_IDENTITY=app"
                    .to_owned()
            }
        };
        let message = format!("could not obtain a token for {} as {who}: {}. {advice}", self.scope, clean(&text));
        let kind = match (status, error.kind()) {
            (Some(status), _) => FailureKind::Answered { status, code: None },
            (None, ErrorKind::Connection) => FailureKind::Unreachable,
            (None, ErrorKind::Io) => FailureKind::ConnectionLost,
            (None, _) => FailureKind::Found("no-managed-identity"),
        };
        Failure::new(&FAILURES, OPERATION, kind, message)
    }
}

/// Returns the HTTP status in the causes of an error, if any.
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
