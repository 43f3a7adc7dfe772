use std::sync::PoisonError;
use std::time::Duration;

use async_trait::async_trait;
use keyferry_domain::{
    Account, CreationOptions, CredentialId, Directory, DirectoryEntry, Failure, FoundUser, HeldMethod, HeldPass,
    IdentityProvider, MethodDeletion, NewCredential, NewPass, ObjectId, PasskeyPolicy, Profile, RegisteredMethod,
    UserRef,
};

use super::super::flows::FlowHint::Begins;
use super::super::planted::Bug;
use super::Wrapped;

#[async_trait]
impl IdentityProvider for Wrapped<dyn IdentityProvider> {
    async fn creation_options(&self, user: &UserRef, lifetime: Duration) -> Result<CreationOptions, Failure> {
        let work = self.inner.creation_options(user, lifetime);
        self.steps.around(Begins("create"), "identity.creation_options", work).await
    }

    fn max_credentials(&self) -> Option<usize> {
        self.inner.max_credentials()
    }

    async fn account(&self, user: &UserRef) -> Result<Option<Account>, Failure> {
        self.steps.around(Begins("create"), "identity.account", self.inner.account(user)).await
    }

    async fn register(&self, user: &UserRef, credential: &NewCredential) -> Result<RegisteredMethod, Failure> {
        self.steps.around(Begins("process"), "identity.register", self.inner.register(user, credential)).await
    }

    async fn find(&self, user: &UserRef, credential: &CredentialId) -> Result<Option<RegisteredMethod>, Failure> {
        let work = async {
            if self.planted.is_after_restart(Bug::RegisteredWithoutLookUp) {
                return Ok(None);
            }
            self.inner.find(user, credential).await
        };
        self.steps.around(Begins("process"), "identity.find", work).await
    }

    async fn methods(&self, user: &UserRef) -> Result<Vec<HeldMethod>, Failure> {
        self.inner.methods(user).await
    }

    async fn delete_method(&self, user: &UserRef, method: &str) -> Result<MethodDeletion, Failure> {
        let work = async {
            if self.planted.is_after_restart(Bug::DeletionSkipped) {
                return Ok(MethodDeletion { existed: true, correlation: None });
            }
            self.inner.delete_method(user, method).await
        };
        self.steps.around(Begins("act"), "identity.delete_method", work).await
    }

    async fn passkey_policy(&self) -> Result<Option<PasskeyPolicy>, Failure> {
        self.inner.passkey_policy().await
    }

    async fn access_passes(&self, user: &UserRef) -> Result<Option<Vec<HeldPass>>, Failure> {
        self.inner.access_passes(user).await
    }

    async fn create_access_pass(&self, user: &UserRef, lifetime: Duration) -> Result<Option<NewPass>, Failure> {
        let work = self.inner.create_access_pass(user, lifetime);
        self.steps.around(Begins("act"), "identity.create_access_pass", work).await
    }

    async fn delete_access_pass(&self, user: &UserRef, pass_id: &str) -> Result<MethodDeletion, Failure> {
        let work = self.inner.delete_access_pass(user, pass_id);
        self.steps.around(Begins("act"), "identity.delete_access_pass", work).await
    }
}

#[async_trait]
impl Directory for Wrapped<dyn Directory> {
    async fn entry(&self, user: &UserRef, with_manager: bool) -> Result<DirectoryEntry, Failure> {
        let work = async {
            let mut entry = self.inner.entry(user, with_manager).await?;
            if with_manager && self.planted.is_after_restart(Bug::OneManagerForAll) {
                let mut first = self.planted.manager.lock().unwrap_or_else(PoisonError::into_inner);
                entry.manager = first.get_or_insert(entry.manager.unwrap()).clone().into();
            }
            Ok(entry)
        };
        self.steps.around(Begins("process"), "directory.entry", work).await
    }

    async fn profile(&self, user: &UserRef) -> Result<Profile, Failure> {
        self.inner.profile(user).await
    }

    async fn search(&self, text: &str, limit: usize) -> Result<Vec<FoundUser>, Failure> {
        self.inner.search(text, limit).await
    }

    async fn memberships(&self, user: &UserRef, groups: &[ObjectId]) -> Result<Vec<ObjectId>, Failure> {
        self.inner.memberships(user, groups).await
    }

    async fn privileged_roles(&self, user: &UserRef) -> Result<Vec<String>, Failure> {
        self.inner.privileged_roles(user).await
    }
}
