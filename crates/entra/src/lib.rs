//! Microsoft Entra ID through Microsoft Graph: creation options, passkey registration, and the directory.
//!
//! [`Entra`] implements the ports `IdentityProvider` and `Directory`. The calls are in `creation_options.rs`,
//! `account.rs`, `method.rs` (registration and look-up), `methods.rs` (list and deletion), `access_passes.rs`,
//! `directory.rs`, `search.rs`, `profile.rs`, `memberships.rs` and `privileged_roles.rs`. All use `graph.rs`. Each of
//! them checks that the response is about the requested user, credential or groups, as far as the response shows it.
//! [`Tenant`] is for tools other than the service.
//!
//! Every failure contains Graph's status and error code. Graph's error texts are for humans only. The code evaluates
//! them only to distinguish the 404 for a user from that for an authentication method.
//!
//! The crate does not obtain tokens (`keyferry-azure-identity` does), does not verify credentials (`keyferry-engine`
//! does), and does not send mail through Graph (`keyferry-mail` does). Start reading at [`Entra`].

mod access_passes;
mod account;
mod creation_options;
mod directory;
mod exclude;
pub mod failures;
mod graph;
mod memberships;
mod method;
mod methods;
mod order_rules;
mod passkey_policy;
mod permissions;
mod privileged_roles;
mod profile;
mod search;
mod self_check;
mod settings;
mod tenant;
mod user_object;
mod user_path;
mod wait;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use keyferry_azure_identity::{AccessToken, TokenSource};
use keyferry_domain::{
    Account, CreationOptions, CredentialId, Directory, DirectoryEntry, Failure, FoundUser, HeldMethod, HeldPass,
    IdentityProvider, MethodDeletion, NewCredential, NewPass, ObjectId, PasskeyPolicy as Policy, Profile, ProviderId,
    RegisteredMethod, UserHandle, UserRef,
};
use keyferry_http::Client;

pub use method::method_id;
pub use order_rules::OrderRules;
pub use permissions::{
    ACCESS_PASSES, READ_AUDIT_LOG, READ_GROUPS, READ_MANAGER, READ_MEMBERS, READ_PASSKEYS, READ_POLICY, READ_PROFILES,
    READ_ROLES, REGISTER, RequiredPermission, SEND_MAIL, granted_permissions,
};
pub use self_check::EntraCheck;
pub use settings::{CreationOptionsForm, EntraSettings, GraphEndpointSettings};
pub use tenant::{
    Application, AuditRecord, KeyRestrictions, MICROSOFT_GRAPH, PASSKEY_ACTIVITIES, PasskeyPolicy, PasskeyProfile,
    Principal, RequiredAccess, ResourceAccess, RoleAssignment, Target, Tenant,
};
use wait::Wait;

/// Returns the id of Entra in stored credentials.
pub fn provider_id() -> ProviderId {
    ProviderId::new("entra")
}

/// HTTP clients for Graph, one for each of its rate limits.
#[derive(Clone)]
pub struct GraphClients {
    /// For authentication methods. The documented limit that may apply to them is 5 calls per 10 seconds
    /// (<https://learn.microsoft.com/graph/throttling-limits>, "Identity and access reports").
    pub methods: Client,
    /// For users, their managers, groups and roles. The documented limit for users is far higher: at least 3,500 units
    /// per 10 seconds, and a call costs one or two ("Identity and access").
    pub directory: Client,
}

/// Identity provider and directory of one Entra tenant.
pub struct Entra {
    settings: EntraSettings,
    clients: GraphClients,
    tokens: Arc<dyn TokenSource>,
    /// Token for which Graph denied reading users, and the number of selections of `account.rs` that it denied. The
    /// permissions of a token never change, so Graph is not called again with the same token.
    denied_selections: Mutex<Option<(AccessToken, usize)>>,
    /// Token for which Graph denied reading the manager, and the denial.
    denied_manager: Mutex<Option<(AccessToken, Failure)>>,
}

impl Entra {
    /// Creates the adapter. Makes no call. `tokens` must provide tokens for Graph
    /// (`https://graph.microsoft.com/.default`).
    pub fn new(settings: EntraSettings, clients: GraphClients, tokens: Arc<dyn TokenSource>) -> Self {
        Self { settings, clients, tokens, denied_selections: Mutex::default(), denied_manager: Mutex::default() }
    }
}

#[async_trait]
impl IdentityProvider for Entra {
    async fn creation_options(&self, user: &UserRef, lifetime: Duration) -> Result<CreationOptions, Failure> {
        creation_options::get(self, user, lifetime, Wait::Limited).await
    }

    async fn user_handle(&self, user: &UserRef, lifetime: Duration) -> Result<UserHandle, Failure> {
        Ok(creation_options::get(self, user, lifetime, Wait::Unlimited).await?.user_handle)
    }

    fn drop_connections(&self) {
        self.close_connections();
    }

    fn max_credentials(&self) -> Option<usize> {
        Some(self.settings.passkeys_per_user).filter(|limit| *limit > 0)
    }

    async fn account(&self, user: &UserRef) -> Result<Option<Account>, Failure> {
        account::get(self, user).await
    }

    async fn register(&self, user: &UserRef, credential: &NewCredential) -> Result<RegisteredMethod, Failure> {
        method::create(self, user, credential).await
    }

    async fn find(&self, user: &UserRef, credential: &CredentialId) -> Result<Option<RegisteredMethod>, Failure> {
        method::find(self, user, credential).await
    }

    async fn methods(&self, user: &UserRef) -> Result<Vec<HeldMethod>, Failure> {
        methods::list(self, user).await
    }

    async fn delete_method(&self, user: &UserRef, method_id: &str) -> Result<MethodDeletion, Failure> {
        methods::delete(self, user, method_id).await
    }

    async fn passkey_policy(&self) -> Result<Option<Policy>, Failure> {
        passkey_policy::get(self).await.map(Some)
    }

    async fn access_passes(&self, user: &UserRef) -> Result<Option<Vec<HeldPass>>, Failure> {
        access_passes::list(self, user).await.map(Some)
    }

    async fn create_access_pass(&self, user: &UserRef, lifetime: Duration) -> Result<Option<NewPass>, Failure> {
        access_passes::create(self, user, lifetime).await.map(Some)
    }

    async fn delete_access_pass(&self, user: &UserRef, pass_id: &str) -> Result<MethodDeletion, Failure> {
        access_passes::delete(self, user, pass_id).await
    }
}

#[async_trait]
impl Directory for Entra {
    async fn entry(&self, user: &UserRef, with_manager: bool) -> Result<DirectoryEntry, Failure> {
        directory::get(self, user, with_manager).await
    }

    async fn profile(&self, user: &UserRef) -> Result<Profile, Failure> {
        profile::get(self, user).await
    }

    async fn search(&self, text: &str, limit: usize) -> Result<Vec<FoundUser>, Failure> {
        search::get(self, text, limit).await
    }

    async fn memberships(&self, user: &UserRef, groups: &[ObjectId]) -> Result<Vec<ObjectId>, Failure> {
        memberships::get(self, user, groups).await
    }

    async fn privileged_roles(&self, user: &UserRef) -> Result<Vec<String>, Failure> {
        privileged_roles::get(self, user).await
    }
}

#[cfg(test)]
mod tests;
