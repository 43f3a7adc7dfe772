//! Whether a signed-in user is the addressee of a PIN.

use keyferry_domain::{Common, Failure, FailureClass, Key, ObjectId, UserRef};

use super::addressee::Addressee;
use super::keys::planned;
use crate::context::Context;

/// Returns whether the user with this object id is the addressee of a key's PIN.
///
/// A person is compared by object id. If only a mail address is known, it must be the user's primary address in the
/// directory, which is read now: names in a token can be chosen, and aliases can be shared. A contact that is no
/// user's primary address, such as a shared mailbox, is nobody. So is everybody if the directory may not be read.
pub(super) async fn is_addressee(
    context: &Context,
    (shipment, key): (&Common, &Key),
    addressee: &Addressee,
    viewer: ObjectId,
) -> Result<bool, Failure> {
    let planned = planned(key)?;
    let directory = context.directory(&planned.provider)?;
    match addressee {
        Addressee::Elsewhere => return Ok(false),
        Addressee::Manager { id: Some(id), .. } => return Ok(*id == viewer),
        Addressee::Recipient => {
            if let Some(id) = planned.object_id {
                return Ok(id == viewer);
            }
            // The name was checked to belong to the user of the order.
            return match directory.entry(&planned.user, false).await {
                Ok(entry) => Ok(entry.person.id == Some(viewer)),
                Err(failure) if failure.class() == FailureClass::Forbidden => Ok(false),
                Err(failure) => Err(failure),
            };
        }
        Addressee::Contacts | Addressee::Manager { id: None, .. } => {}
    }
    let person = match directory.entry(&UserRef::ObjectId(viewer), false).await {
        Ok(entry) => entry.person,
        Err(failure) if matches!(failure.class(), FailureClass::Forbidden | FailureClass::NotFound) => {
            return Ok(false);
        }
        Err(failure) => return Err(failure),
    };
    // The directory answers for the user that was asked for, or for nobody.
    let mail = person.mail.filter(|_| person.id.is_none_or(|id| id == viewer));
    let addresses = addressee.addresses(shipment);
    Ok(mail.is_some_and(|mail| addresses.iter().any(|one| UserRef::same_name(one.as_str(), mail.as_str()))))
}
