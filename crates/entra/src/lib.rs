//! Microsoft Entra ID through Microsoft Graph: creation options, passkey registration, and the directory.
//!
//! [`Entra`] implements the ports `IdentityProvider` and `Directory`. The calls are in `creation_options.rs`,
//! `object_id.rs`, `method.rs` (registration and look-up), `person.rs` and `manager.rs`; all use `graph.rs` and
//! `user_path.rs`. [`Tenant`] is for tools other than the service.
//!
//! Every failure contains Graph's status and error code. Graph's error texts are for humans only. The code evaluates
//! them only for two kinds of 404 that do not differ otherwise.
//!
//! The crate does not obtain tokens (`keyferry-azure-identity` does), does not verify credentials (`keyferry-engine`
//! does), and does not send mail through Graph (`keyferry-mail` does). Start reading at [`Entra`].

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
    READ_AUDIT_LOG, READ_MANAGER, READ_POLICY, REGISTER, RequiredPermission, SEND_MAIL, granted_permissions,
};
pub use self_check::EntraCheck;
pub use settings::{CreationOptionsForm, EntraSettings, GraphEndpointSettings};
pub use tenant::{
    Application, AuditRecord, KeyRestrictions, MICROSOFT_GRAPH, PASSKEY_ACTIVITIES, PasskeyPolicy, PasskeyProfile,
    Principal, RequiredAccess, ResourceAccess, RoleAssignment, Target, Tenant,
};

/// Returns the id of Entra in stored credentials.
pub fn provider_id() -> ProviderId {
    ProviderId::new("entra")
}

/// Identity provider and directory of one Entra tenant.
pub struct Entra {
    settings: EntraSettings,
    http: Client,
    tokens: Arc<dyn TokenSource>,
    /// Token for which Graph denied reading users. The permissions of a token never change, so Graph is not called
    /// again with the same token.
    without_directory: Mutex<Option<AccessToken>>,
}

impl Entra {
    /// Creates the adapter. Makes no call. `tokens` must provide tokens for Graph
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
