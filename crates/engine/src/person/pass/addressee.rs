//! Addressee of a temporary access pass, as the directory has it now.

use keyferry_domain::{
    Directory, EmailAddress, Failure, FailureClass, IdentityProvider, Language, ObjectId, Operation, ProviderId,
    Shipment, UserRef,
};

use super::rule::PassRule;
use crate::context::Context;
use crate::people::identity_of;
use crate::person::loss;
use crate::person::recipient::{Found, Unreachable};

/// Returns the identity provider of the shipment's key.
pub(super) fn provider<'a>(context: &'a Context, shipment: &'a Shipment) -> &'a ProviderId {
    let planned = shipment.keys().iter().flat_map(|key| &key.credentials).next();
    planned.map_or_else(|| context.ports.providers.default_id(), |planned| &planned.provider)
}

/// Returns the identity provider that can make a pass. `None` if it manages its credentials itself.
pub(super) fn identity<'a>(context: &'a Context, shipment: &Shipment) -> Option<&'a dyn IdentityProvider> {
    context.ports.providers.get(provider(context, shipment)).and_then(|provider| identity_of(&provider.registration))
}

/// Who sees a pass.
pub(super) struct Addressee<'a> {
    pub(super) id: ObjectId,
    pub(super) mail: &'a EmailAddress,
    /// Language of their mails.
    pub(super) language: Language,
}

/// Returns who sees the pass of this person.
pub(super) fn addressee<'a>(context: &Context, person: &'a Found) -> Result<Addressee<'a>, Unreachable> {
    // The pass would sign nobody in.
    if person.entry.person.enabled == Some(false) {
        return Err(Unreachable::Disabled);
    }
    let (id, (mail, addressee)) = match context.settings.access_pass {
        PassRule::Person => (Some(person.id), loss::own(person)?),
        _ => {
            let manager = loss::manager(person)?;
            (manager.1.id, manager)
        }
    };
    let id = id.ok_or(Unreachable::ManagerWithoutId)?;
    Ok(Addressee { id, mail, language: context.settings.mail_language.of(addressee.language) })
}

/// Why the rules of the organisation permit no pass.
pub(super) enum Refused {
    /// A rule forbids it: what is in the way.
    Rule(String),
    /// The directory failed.
    Directory(Failure),
}

/// Checks that the rules of the organisation permit a pass for the person. Whoever holds a privileged role gets none,
/// whatever the rules for orders are: a pass is a sign-in, without a key and its PIN.
pub(super) async fn check_rules(context: &Context, directory: &dyn Directory, person: ObjectId) -> Result<(), Refused> {
    let user = UserRef::ObjectId(person);
    let groups = context.eligibility.check_groups(directory, &user, Operation::CreateAccessPass).await;
    groups.map_err(|failure| match failure.class() {
        FailureClass::AgainstPolicy => Refused::Rule(failure.message),
        _ => Refused::Directory(failure),
    })?;
    let roles = directory.privileged_roles(&user).await.map_err(Refused::Directory)?;
    match roles.is_empty() {
        true => Ok(()),
        false => Err(Refused::Rule(format!("the person holds a privileged role: {}", roles.join(", ")))),
    }
}
