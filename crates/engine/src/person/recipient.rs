//! The person of a shipment, as the directory has them now.

use keyferry_domain::{Caller, DirectoryEntry, EmailAddress, Failure, Language, ObjectId, Shipment, UserRef};

use crate::context::Context;

/// The person of a shipment.
pub(super) struct Recipient {
    pub(super) id: ObjectId,
    pub(super) name: String,
    pub(super) mail: EmailAddress,
    pub(super) language: Language,
}

/// Why no mail can be sent to the person, and none will be.
#[derive(Debug)]
pub(super) enum Unreachable {
    NoMail,
    NoObjectId,
    AnotherPerson,
    Disabled,
    NoManager,
    ManagerDisabled,
    ManagerWithoutMail,
    OwnManager,
    ManagerWithoutId,
}

impl Unreachable {
    pub(super) fn reason(&self) -> &'static str {
        match self {
            Self::NoMail => "the person has no mail address in the directory",
            Self::NoObjectId => "the directory does not return the person's object id",
            Self::AnotherPerson => "the user name belongs to another person now",
            Self::Disabled => "the account of the person is disabled",
            Self::NoManager => "the person has no manager in the directory",
            Self::ManagerDisabled => "the account of the manager is disabled",
            Self::ManagerWithoutMail => "the manager has no mail address in the directory",
            Self::OwnManager => "the manager in the directory is the person",
            Self::ManagerWithoutId => "the directory does not return the object id of the manager",
        }
    }
}

/// Reads the person from the directory. `fixed` is the person of an earlier mail.
pub(super) async fn recipient(
    context: &Context,
    shipment: &Shipment,
    fixed: Option<ObjectId>,
) -> Result<Result<Recipient, Unreachable>, Failure> {
    Ok(match found(context, shipment, fixed, false).await? {
        Ok(Found { id, name, entry }) => match entry.person.mail {
            Some(mail) => {
                let language = context.settings.mail_language.of(entry.person.language);
                Ok(Recipient { id, name, mail, language })
            }
            None => Err(Unreachable::NoMail),
        },
        Err(unreachable) => Err(unreachable),
    })
}

/// Person of a shipment in the directory.
pub(super) struct Found {
    pub(super) id: ObjectId,
    /// Display name if there is one, else the user as given by the caller.
    pub(super) name: String,
    pub(super) entry: DirectoryEntry,
}

/// Reads the person from the directory, whether or not they have a mail address.
pub(super) async fn found(
    context: &Context,
    shipment: &Shipment,
    fixed: Option<ObjectId>,
    with_manager: bool,
) -> Result<Result<Found, Unreachable>, Failure> {
    let planned = shipment.keys().iter().flat_map(|key| &key.credentials).next();
    let provider = planned.map_or_else(|| context.ports.providers.default_id(), |planned| &planned.provider);
    let known = planned.and_then(|planned| planned.object_id);
    if fixed.zip(known).is_some_and(|(fixed, known)| fixed != known) {
        return Ok(Err(Unreachable::AnotherPerson));
    }
    let Some(named) = shipment.user() else { return Ok(Err(Unreachable::NoObjectId)) };
    let user = fixed.or(known).map_or_else(|| named.clone(), UserRef::ObjectId);
    let entry = context.directory(provider)?.entry(&user, with_manager).await?;
    let id = entry.person.id;
    let asked = match &user {
        UserRef::ObjectId(id) => Some(*id),
        UserRef::Upn(_) => None,
    };
    if id.zip(asked).is_some_and(|(found, asked)| found != asked) {
        return Ok(Err(Unreachable::AnotherPerson));
    }
    let Some(id) = id.or(asked) else { return Ok(Err(Unreachable::NoObjectId)) };
    let name = entry.person.display_name.clone().unwrap_or_else(|| named.to_string());
    Ok(Ok(Found { id, name, entry }))
}

/// Returns who ordered the key, for the person, as far as there is a name.
pub(super) fn ordered_by(shipment: &Shipment) -> Option<String> {
    let user = human(shipment.requested_by());
    user.or_else(|| shipment.info().requester.clone())
}

/// Returns the name of the user behind a call, if there is one.
pub(super) fn human(by: &Caller) -> Option<String> {
    by.user.as_ref().and_then(|user| user.name.clone().or_else(|| user.user_name.clone()))
}
