//! Identity provider and its directory.

use std::time::Duration;

use async_trait::async_trait;

use crate::user::ObjectId;
use crate::{CreationOptions, CredentialId, Failure, NewCredential, Person, RegisteredMethod, UserRef};

/// Provides creation options and registers credentials.
#[async_trait]
pub trait IdentityProvider: Send + Sync {
    /// Returns creation options for the user. The challenge is valid for `lifetime` (whole minutes).
    async fn creation_options(&self, user: &UserRef, lifetime: Duration) -> Result<CreationOptions, Failure>;

    /// Returns the user's object id. `None` if the app's permissions do not allow reading it.
    async fn object_id(&self, user: &UserRef) -> Result<Option<ObjectId>, Failure>;

    /// Registers a credential for the user.
    async fn register(&self, user: &UserRef, credential: &NewCredential) -> Result<RegisteredMethod, Failure>;

    /// Returns the user's method for a credential. The provider derives the method's id from the credential id.
    async fn find(&self, user: &UserRef, credential: &CredentialId) -> Result<Option<RegisteredMethod>, Failure>;
}

/// Returns users and their managers.
#[async_trait]
pub trait Directory: Send + Sync {
    /// Returns the user's directory entry.
    async fn person(&self, user: &UserRef) -> Result<Person, Failure>;

    /// Returns the user's manager. `None` if the directory has none.
    async fn manager(&self, user: &UserRef) -> Result<Option<Person>, Failure>;
}
