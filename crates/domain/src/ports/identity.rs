//! Identity provider and its directory.

use std::time::Duration;

use async_trait::async_trait;

use crate::{
    Account, CreationOptions, CredentialId, DirectoryEntry, Failure, FoundUser, HeldMethod, HeldPass, MethodDeletion,
    NewCredential, NewPass, ObjectId, PasskeyPolicy, Profile, RegisteredMethod, UserHandle, UserRef,
};

/// Provides creation options and registers credentials.
#[async_trait]
pub trait IdentityProvider: Send + Sync {
    /// Returns creation options for the user. The challenge is valid for `lifetime` (whole minutes).
    ///
    /// # Errors
    /// Also fails if the provider returned the options of another user, as far as the options show that.
    async fn creation_options(&self, user: &UserRef, lifetime: Duration) -> Result<CreationOptions, Failure>;

    /// Returns the user's handle, as in creation options. For checks in the background, where no caller waits.
    async fn user_handle(&self, user: &UserRef, lifetime: Duration) -> Result<UserHandle, Failure> {
        Ok(self.creation_options(user, lifetime).await?.user_handle)
    }

    /// Closes the connections to the provider, because an answer on one of them belonged to another call. The adapter
    /// does this itself for the answers that it rejects.
    fn drop_connections(&self) {}

    /// Returns the number of credentials that a user can have. `None` if it is unlimited or not known.
    fn max_credentials(&self) -> Option<usize>;

    /// Returns the user's account. `None` if the app's permissions do not allow reading it.
    async fn account(&self, user: &UserRef) -> Result<Option<Account>, Failure>;

    /// Registers a credential for the user. The returned method is that of the credential.
    ///
    /// # Errors
    /// If the provider returned another method, the effect is unknown: [`find`](Self::find) shows whether the
    /// credential is registered.
    async fn register(&self, user: &UserRef, credential: &NewCredential) -> Result<RegisteredMethod, Failure>;

    /// Returns the user's method for a credential. The provider derives the method's id from the credential id.
    async fn find(&self, user: &UserRef, credential: &CredentialId) -> Result<Option<RegisteredMethod>, Failure>;

    /// Returns all passkeys of the user, also those that Keyferry did not register. A human waits for it, so it fails
    /// rather than wait for long.
    ///
    /// # Errors
    /// Class [`Forbidden`](crate::FailureClass::Forbidden) if the app's permissions do not allow listing them.
    async fn methods(&self, user: &UserRef) -> Result<Vec<HeldMethod>, Failure>;

    /// Deletes a passkey of the user. Can be repeated: a method that the user does not have is no error.
    ///
    /// # Errors
    /// Fails if the user does not exist, as far as the provider reports that: then the method may belong to another
    /// user name.
    async fn delete_method(&self, user: &UserRef, method_id: &str) -> Result<MethodDeletion, Failure>;

    /// Returns the organisation's policy about passkeys. `None` if the provider has none.
    ///
    /// # Errors
    /// Class [`Forbidden`](crate::FailureClass::Forbidden) if the app's permissions do not allow reading it.
    async fn passkey_policy(&self) -> Result<Option<PasskeyPolicy>, Failure> {
        Ok(None)
    }

    /// Returns the temporary access passes of the user, also those that are used up or expired. `None` if the provider
    /// has no such passes. A human waits for it, as for [`methods`](Self::methods).
    ///
    /// # Errors
    /// Class [`Forbidden`](crate::FailureClass::Forbidden) if the app's permissions do not allow it.
    async fn access_passes(&self, _user: &UserRef) -> Result<Option<Vec<HeldPass>>, Failure> {
        Ok(None)
    }

    /// Makes a temporary access pass with which the user can sign in once, within `lifetime` (whole minutes). A pass
    /// that the user had is not valid any more. `None` if the provider has no such passes.
    ///
    /// # Errors
    /// If its effect is unknown, the pass may exist: nobody knows its code then.
    async fn create_access_pass(&self, _user: &UserRef, _lifetime: Duration) -> Result<Option<NewPass>, Failure> {
        Ok(None)
    }

    /// Deletes a temporary access pass of the user. Can be repeated: a pass that the user does not have is no error.
    async fn delete_access_pass(&self, _user: &UserRef, _pass_id: &str) -> Result<MethodDeletion, Failure> {
        Ok(MethodDeletion { existed: false, correlation: None })
    }
}

/// Returns users, their managers, their groups and their roles.
#[async_trait]
pub trait Directory: Send + Sync {
    /// Returns the user's directory entry, and the user's manager if `with_manager`. It is one call, so that the
    /// manager is that of the returned user.
    async fn entry(&self, user: &UserRef, with_manager: bool) -> Result<DirectoryEntry, Failure>;

    /// Returns what the directory contains about the user as the recipient of a parcel. Values that an order could not
    /// contain count as missing.
    ///
    /// # Errors
    /// Class [`Forbidden`](crate::FailureClass::Forbidden) if the app's permissions do not allow reading it.
    async fn profile(&self, user: &UserRef) -> Result<Profile, Failure>;

    /// Returns up to `limit` users one of whose names, user name or mail address starts with the text, in any case.
    ///
    /// # Errors
    /// Class [`Forbidden`](crate::FailureClass::Forbidden) if the app's permissions do not allow reading users.
    async fn search(&self, text: &str, limit: usize) -> Result<Vec<FoundUser>, Failure>;

    /// Returns those of `groups` that the user is a member of, directly or through other groups.
    ///
    /// # Errors
    /// Class [`Forbidden`](crate::FailureClass::Forbidden) if the app's permissions do not allow reading memberships.
    async fn memberships(&self, user: &UserRef, groups: &[ObjectId]) -> Result<Vec<ObjectId>, Failure>;

    /// Returns the names of the privileged roles that are assigned to the user now, directly or through a group.
    /// Roles that the user could activate are not assigned.
    ///
    /// # Errors
    /// Class [`Forbidden`](crate::FailureClass::Forbidden) if the app's permissions do not allow reading roles.
    async fn privileged_roles(&self, user: &UserRef) -> Result<Vec<String>, Failure>;
}
