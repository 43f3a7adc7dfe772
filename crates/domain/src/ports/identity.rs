//! The identity provider and its directory.

use std::time::Duration;

use async_trait::async_trait;

use crate::user::ObjectId;
use crate::{CreationOptions, CredentialId, Failure, NewCredential, Person, RegisteredMethod, UserRef};

/// Where a credential is asked for and registered.
#[async_trait]
pub trait IdentityProvider: Send + Sync {
    /// Creation options for the user whose challenge lives for `lifetime` (whole minutes).
    async fn creation_options(&self, user: &UserRef, lifetime: Duration) -> Result<CreationOptions, Failure>;

    /// The user's object id; `None` where the permissions do not allow to read it.
    async fn object_id(&self, user: &UserRef) -> Result<Option<ObjectId>, Failure>;

    /// Registers a credential for the user.
    async fn register(&self, user: &UserRef, credential: &NewCredential) -> Result<RegisteredMethod, Failure>;

    /// Looks a method of the user up under the id that the provider computes from the credential's id.
    async fn find(&self, user: &UserRef, credential: &CredentialId) -> Result<Option<RegisteredMethod>, Failure>;
}

/// Who people are and who manages them.
#[async_trait]
pub trait Directory: Send + Sync {
    /// The user.
    async fn person(&self, user: &UserRef) -> Result<Person, Failure>;

    /// The user's manager; `None` when the directory has none.
    async fn manager(&self, user: &UserRef) -> Result<Option<Person>, Failure>;
}
