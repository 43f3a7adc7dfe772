//! The person of a shipment, as the directory has them now.

use keyferry_domain::{EmailAddress, Failure, ObjectId, Person, Shipment, UserRef};

use crate::context::Context;

/// The person of a shipment.
pub(super) struct Recipient {
    pub(super) id: ObjectId,
    pub(super) name: String,
    pub(super) mail: EmailAddress,
}

/// Why no mail can be sent to the person, and none will be.
#[derive(Debug)]
pub(super) enum Unreachable {
    NoMail,
    NoObjectId,
    AnotherPerson,
}

impl Unreachable {
    pub(super) fn reason(&self) -> &'static str {
        match self {
            Self::NoMail => "the person has no mail address in the directory",
            Self::NoObjectId => "the directory does not return the person's object id",
            Self::AnotherPerson => "the user name belongs to another person now",
        }
    }
}

/// Reads the person from the directory. `fixed` is the person of an earlier mail.
pub(super) async fn recipient(
    context: &Context,
    shipment: &Shipment,
    fixed: Option<ObjectId>,
) -> Result<Result<Recipient, Unreachable>, Failure> {
    let planned = shipment.keys().iter().flat_map(|key| &key.credentials).next();
    let provider = planned.map_or_else(|| context.ports.providers.default_id(), |planned| &planned.provider);
    let known = planned.and_then(|planned| planned.object_id);
    if fixed.zip(known).is_some_and(|(fixed, known)| fixed != known) {
        return Ok(Err(Unreachable::AnotherPerson));
    }
    let Some(named) = shipment.user() else { return Ok(Err(Unreachable::NoObjectId)) };
    let user = fixed.or(known).map_or_else(|| named.clone(), UserRef::ObjectId);
    let Person { id, display_name, mail, .. } = context.directory(provider)?.entry(&user, false).await?.person;
    let asked = match &user {
        UserRef::ObjectId(id) => Some(*id),
        UserRef::Upn(_) => None,
    };
    if id.zip(asked).is_some_and(|(found, asked)| found != asked) {
        return Ok(Err(Unreachable::AnotherPerson));
    }
    let Some(id) = id.or(asked) else { return Ok(Err(Unreachable::NoObjectId)) };
    let Some(mail) = mail else { return Ok(Err(Unreachable::NoMail)) };
    Ok(Ok(Recipient { id, name: display_name.unwrap_or_else(|| named.to_string()), mail }))
}

/// Returns who ordered the key, for the person.
pub(super) fn ordered_by(shipment: &Shipment) -> String {
    let user = shipment.requested_by().user.as_ref();
    let user = user.and_then(|user| user.name.clone().or_else(|| user.user_name.clone()));
    user.or_else(|| shipment.info().requester.clone()).unwrap_or_else(|| "your organisation's IT".to_owned())
}
