use std::sync::PoisonError;
use std::time::Duration;

use async_trait::async_trait;
use keyferry_domain::user::ObjectId;
use keyferry_domain::{
    CreationOptions, CredentialId, Directory, Failure, IdentityProvider, NewCredential, Person, RegisteredMethod,
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

    async fn object_id(&self, user: &UserRef) -> Result<Option<ObjectId>, Failure> {
        self.steps.around(Begins("create"), "identity.object_id", self.inner.object_id(user)).await
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
}

#[async_trait]
impl Directory for Wrapped<dyn Directory> {
    async fn person(&self, user: &UserRef) -> Result<Person, Failure> {
        self.steps.around(Begins("process"), "directory.person", self.inner.person(user)).await
    }

    async fn manager(&self, user: &UserRef) -> Result<Option<Person>, Failure> {
        let work = async {
            let manager = self.inner.manager(user).await?;
            if !self.planted.is_after_restart(Bug::OneManagerForAll) {
                return Ok(manager);
            }
            let mut first = self.planted.manager.lock().unwrap_or_else(PoisonError::into_inner);
            Ok(first.get_or_insert(manager.unwrap()).clone().into())
        };
        self.steps.around(Begins("process"), "directory.manager", work).await
    }
}
