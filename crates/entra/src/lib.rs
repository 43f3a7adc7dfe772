//! Microsoft Entra ID through Microsoft Graph: creation options, passkey registration, and the directory.
//!
//! Five calls, each in a file of its own; [`Tenant`] is for the tools beside the service. Every failure carries Graph's status and error code; Graph's texts are for
//! people only and nothing branches on them, but for the two 404s that have no other difference.

mod creation_options;
mod exclude;
pub mod failures;
mod graph;
mod manager;
mod method;
mod object_id;
mod permissions;
mod person;
mod self_check;
mod settings;
mod tenant;
mod user_path;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use keyferry_azure_identity::{AccessToken, TokenSource};
use keyferry_domain::user::ObjectId;
use keyferry_domain::{
    CreationOptions, CredentialId, Directory, Failure, IdentityProvider, NewCredential, Person, ProviderId,
    RegisteredMethod, UserRef,
};
use keyferry_http::Client;

pub use method::method_id;
pub use permissions::{
    NeededPermission, READ_AUDIT_LOG, READ_MANAGER, READ_POLICY, REGISTER, SEND_MAIL, granted_permissions,
};
pub use self_check::EntraCheck;
pub use settings::{CreationOptionsForm, EntraSettings, GraphEndpointSettings};
pub use tenant::{
    Application, AuditRecord, KeyRestrictions, MICROSOFT_GRAPH, PASSKEY_ACTIVITIES, PasskeyPolicy, PasskeyProfile,
    Principal, RequiredAccess, ResourceAccess, RoleAssignment, Target, Tenant,
};

/// The name under which credentials are kept as Entra's.
pub fn provider_id() -> ProviderId {
    ProviderId::new("entra")
}

/// The identity provider and directory of one Entra tenant.
pub struct Entra {
    settings: EntraSettings,
    http: Client,
    tokens: Arc<dyn TokenSource>,
    /// The token with which Graph would not show users. A token's permissions never change, so it is not asked again.
    without_directory: Mutex<Option<AccessToken>>,
}

impl Entra {
    /// Sets the adapter up; no call is made. `tokens` gives tokens for Graph itself
    /// (`https://graph.microsoft.com/.default`).
    pub fn new(settings: EntraSettings, http: Client, tokens: Arc<dyn TokenSource>) -> Self {
        Self { settings, http, tokens, without_directory: Mutex::default() }
    }
}

#[async_trait]
impl IdentityProvider for Entra {
    async fn creation_options(&self, user: &UserRef, lifetime: Duration) -> Result<CreationOptions, Failure> {
        creation_options::get(self, user, lifetime).await
    }

    async fn object_id(&self, user: &UserRef) -> Result<Option<ObjectId>, Failure> {
        object_id::get(self, user).await
    }

    async fn register(&self, user: &UserRef, credential: &NewCredential) -> Result<RegisteredMethod, Failure> {
        method::create(self, user, credential).await
    }

    async fn find(&self, user: &UserRef, credential: &CredentialId) -> Result<Option<RegisteredMethod>, Failure> {
        method::find(self, user, credential).await
    }
}

#[async_trait]
impl Directory for Entra {
    async fn person(&self, user: &UserRef) -> Result<Person, Failure> {
        person::get(self, user).await
    }

    async fn manager(&self, user: &UserRef) -> Result<Option<Person>, Failure> {
        manager::get(self, user).await
    }
}

#[cfg(test)]
mod tests;
