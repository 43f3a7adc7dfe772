//! Deletion of a passkey at the identity provider.

use keyferry_domain::{Failure, FailureClass, MethodDeletion, ProviderId, UserHandle, UserRef};

use crate::context::Context;
use crate::failures::findings;
use crate::providers::Registration;

/// Holder of a passkey.
pub(crate) struct Holder<'a> {
    pub(crate) provider: &'a ProviderId,
    pub(crate) user: &'a UserRef,
    /// User handle from the order, to detect that a user name was reassigned. `None` if no record names the passkey.
    pub(crate) handle: Option<&'a UserHandle>,
}

/// Reason why a passkey was not deleted, or may not be.
pub(crate) enum NotDeleted {
    /// The identity provider does not know the user.
    NoSuchUser(Failure),
    /// The user name now belongs to another user.
    UserChanged,
    /// The identity provider manages its passkeys itself.
    NotSupported(ProviderId),
    /// The identity provider failed. The passkey may be deleted all the same.
    Upstream(Failure),
}

/// Deletes the method of a passkey. Can be repeated.
pub(crate) async fn delete_passkey(
    context: &Context,
    of: &Holder<'_>,
    method_id: &str,
) -> Result<MethodDeletion, NotDeleted> {
    let provider = context.ports.providers.get(of.provider);
    let provider = provider.ok_or_else(|| NotDeleted::Upstream(findings::unknown_provider(of.provider)))?;
    let Registration::CreationOptions(identity) = &provider.registration else {
        return Err(NotDeleted::NotSupported(of.provider.clone()));
    };
    let deletion = identity.delete_method(of.user, method_id).await.map_err(|failure| match failure.class() {
        FailureClass::NotFound => NotDeleted::NoSuchUser(failure),
        _ => NotDeleted::Upstream(failure),
    })?;
    if !deletion.existed
        && let (name @ UserRef::Upn(_), Some(handle)) = (of.user, of.handle)
    {
        // The method may still be there, with the person to whom the name belonged before.
        let now = identity.user_handle(name, context.settings.challenge_lifetime).await;
        if now.map_err(NotDeleted::Upstream)? != *handle {
            return Err(NotDeleted::UserChanged);
        }
    }
    Ok(deletion)
}
