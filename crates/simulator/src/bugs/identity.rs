//! Identity provider with a planted bug.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use keyferry_domain::{
    Account, Clock, CreationOptions, CredentialId, Effect, Failure, HeldMethod, HeldPass, IdentityProvider,
    MethodDeletion, NewCredential, NewPass, PasskeyPolicy, RegisteredMethod, UserRef,
};

use super::Bug;

/// Time after which a registration in the background is made.
const BACKGROUND: Duration = Duration::from_secs(600);

pub(super) struct Identity {
    bug: Bug,
    inner: Arc<dyn IdentityProvider>,
    clock: Arc<dyn Clock>,
    user: Mutex<Option<UserRef>>,
    method: Mutex<Option<RegisteredMethod>>,
}

impl Identity {
    pub(super) fn new(bug: Bug, inner: Arc<dyn IdentityProvider>, clock: Arc<dyn Clock>) -> Self {
        Self { bug, inner, clock, user: Mutex::default(), method: Mutex::default() }
    }

    /// Returns the user of the previous registration.
    fn previous(&self, user: &UserRef) -> UserRef {
        let mut previous = self.user.lock().unwrap_or_else(PoisonError::into_inner);
        previous.replace(user.clone()).unwrap_or_else(|| user.clone())
    }

    fn register_later(&self, user: &UserRef, credential: &NewCredential) -> RegisteredMethod {
        let (inner, clock) = (self.inner.clone(), self.clock.clone());
        let (user, later) = (user.clone(), credential.clone());
        tokio::spawn(async move {
            clock.sleep(BACKGROUND).await;
            let _ = inner.register(&user, &later).await;
        });
        assumed(credential)
    }
}

/// Returns the method that the provider would have for the credential.
fn assumed(credential: &NewCredential) -> RegisteredMethod {
    let id = format!("{}1", credential.credential_id);
    RegisteredMethod { id, display_name: None, aaguid: None, correlation: None }
}

#[async_trait]
impl IdentityProvider for Identity {
    async fn creation_options(&self, user: &UserRef, lifetime: Duration) -> Result<CreationOptions, Failure> {
        let mut options = self.inner.creation_options(user, lifetime).await?;
        if self.bug == Bug::ShortChallengeAccepted {
            options.deadline = self.clock.now() + lifetime;
        }
        Ok(options)
    }

    fn max_credentials(&self) -> Option<usize> {
        self.inner.max_credentials()
    }

    async fn account(&self, user: &UserRef) -> Result<Option<Account>, Failure> {
        let account = self.inner.account(user).await?;
        Ok(account.filter(|_| self.bug != Bug::UserNotPinned))
    }

    async fn register(&self, user: &UserRef, credential: &NewCredential) -> Result<RegisteredMethod, Failure> {
        match self.bug {
            Bug::PinBeforeRegistration => return Ok(self.register_later(user, credential)),
            Bug::ResponseByPosition => return self.inner.register(&self.previous(user), credential).await,
            _ => {}
        }
        let registered = self.inner.register(user, credential).await;
        match (self.bug, registered) {
            (Bug::RegistrationRepeated, Err(failure)) if failure.effect == Effect::Unknown => {
                self.inner.register(user, credential).await
            }
            (Bug::RegistrationAssumed, Err(_)) => Ok(assumed(credential)),
            (_, registered) => registered,
        }
    }

    async fn find(&self, user: &UserRef, credential: &CredentialId) -> Result<Option<RegisteredMethod>, Failure> {
        match self.bug {
            Bug::RegistrationNotLookedUp => Ok(None),
            Bug::LookUpOfAnother => {
                let found = self.inner.find(user, credential).await?;
                let mut cached = self.method.lock().unwrap_or_else(PoisonError::into_inner);
                if found.is_some() {
                    cached.clone_from(&found);
                }
                Ok(found.or_else(|| cached.clone()))
            }
            _ => self.inner.find(user, credential).await,
        }
    }

    async fn methods(&self, user: &UserRef) -> Result<Vec<HeldMethod>, Failure> {
        self.inner.methods(user).await
    }

    async fn delete_method(&self, user: &UserRef, method_id: &str) -> Result<MethodDeletion, Failure> {
        if self.bug == Bug::LostKeyKept {
            return Ok(MethodDeletion { existed: true, correlation: None });
        }
        self.inner.delete_method(user, method_id).await
    }

    async fn passkey_policy(&self) -> Result<Option<PasskeyPolicy>, Failure> {
        self.inner.passkey_policy().await
    }

    async fn access_passes(&self, user: &UserRef) -> Result<Option<Vec<HeldPass>>, Failure> {
        self.inner.access_passes(user).await
    }

    async fn create_access_pass(&self, user: &UserRef, lifetime: Duration) -> Result<Option<NewPass>, Failure> {
        self.inner.create_access_pass(user, lifetime).await
    }

    async fn delete_access_pass(&self, user: &UserRef, pass_id: &str) -> Result<MethodDeletion, Failure> {
        self.inner.delete_access_pass(user, pass_id).await
    }
}
