//! By which words from outside a shipment is found.

use super::aggregate::Shipment;
use crate::user::ObjectId;
use crate::{DeliveryId, SerialNumber, UserHandle, UserRef};

/// How a shipment's recipient is looked for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum PersonKey {
    /// By directory object id.
    ObjectId(ObjectId),
    /// By user principal name, whatever its case.
    Upn(String),
    /// By the handle in the creation options.
    Handle(UserHandle),
}

impl From<&UserRef> for PersonKey {
    fn from(user: &UserRef) -> Self {
        match user {
            UserRef::ObjectId(id) => Self::ObjectId(*id),
            UserRef::Upn(upn) => Self::Upn(upn.clone()),
        }
    }
}

/// An exact search term: stores keep an index from terms to shipments.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Term(String);

impl Term {
    /// The delivery service's id of a shipment.
    pub fn delivery_id(id: &DeliveryId) -> Self {
        Self(format!("order {}", id.as_str()))
    }

    /// A recipient.
    pub fn person(person: &PersonKey) -> Self {
        Self(match person {
            PersonKey::ObjectId(id) => format!("object {id}"),
            PersonKey::Upn(upn) => format!("upn {}", upn.to_lowercase()),
            PersonKey::Handle(handle) => format!("handle {}", handle.as_str()),
        })
    }

    /// A key's serial number.
    pub fn serial(serial: &SerialNumber) -> Self {
        Self(format!("serial {}", serial.as_str()))
    }

    /// The term as text, unique over all kinds.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Shipment {
    /// All terms by which the shipment is found, sorted.
    pub fn terms(&self) -> Vec<Term> {
        let credentials = self.keys().iter().flat_map(|key| &key.credentials);
        let people = credentials.flat_map(|credential| {
            let named = PersonKey::from(&credential.user);
            let handle = credential.user_handle().cloned().map(PersonKey::Handle);
            [Some(named), handle, credential.object_id.map(PersonKey::ObjectId)].into_iter().flatten()
        });
        let serials = self.phase().fulfilled().map(|fulfilled| fulfilled.keys.as_slice()).unwrap_or_default();
        let mut terms: Vec<_> = people.map(|person| Term::person(&person)).collect();
        terms.extend(serials.iter().map(|key| Term::serial(&key.serial)));
        terms.extend(self.phase().delivery_id().map(Term::delivery_id));
        terms.sort();
        terms.dedup();
        terms
    }
}
