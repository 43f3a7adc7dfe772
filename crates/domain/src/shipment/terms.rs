//! Search terms of shipments.

use super::aggregate::Shipment;
use crate::user::ObjectId;
use crate::{DeliveryId, SerialNumber, UserHandle, UserRef};

/// Search key for the holder of a key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum UserKey {
    /// Directory object id.
    ObjectId(ObjectId),
    /// User principal name, compared without regard to case.
    Upn(String),
    /// User handle from the creation options.
    Handle(UserHandle),
}

impl From<&UserRef> for UserKey {
    fn from(user: &UserRef) -> Self {
        match user {
            UserRef::ObjectId(id) => Self::ObjectId(*id),
            UserRef::Upn(upn) => Self::Upn(upn.clone()),
        }
    }
}

/// Exact search term. Stores keep an index from terms to shipments.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Term(String);

impl Term {
    /// Creates the term for a delivery service's id.
    pub fn delivery_id(id: &DeliveryId) -> Self {
        Self(format!("order {}", id.as_str()))
    }

    /// Creates the term for the holder of a key.
    pub fn person(person: &UserKey) -> Self {
        Self(match person {
            UserKey::ObjectId(id) => format!("object {id}"),
            UserKey::Upn(upn) => format!("upn {}", upn.to_lowercase()),
            UserKey::Handle(handle) => format!("handle {}", handle.as_str()),
        })
    }

    /// Creates the term for the serial number of a key.
    pub fn serial(serial: &SerialNumber) -> Self {
        Self(format!("serial {}", serial.as_str()))
    }

    /// Creates the term for the caller's own number of an order.
    pub fn reference(reference: &str) -> Self {
        Self(format!("reference {}", reference.to_lowercase()))
    }

    /// Creates the term for the tracking number of a parcel. Case and spaces do not matter: carriers print numbers in
    /// groups.
    pub fn tracking(number: &str) -> Self {
        let number: String = number.chars().filter(|c| !c.is_whitespace()).collect();
        Self(format!("tracking {}", number.to_uppercase()))
    }

    /// Returns the term for shipments with a withdrawal that is not finished.
    pub fn being_withdrawn() -> Self {
        Self("withdrawal unfinished".to_owned())
    }

    /// Returns the term for queued orders that wait for their address.
    pub fn awaits_address() -> Self {
        Self("address awaited".to_owned())
    }

    /// Returns the term as text. The text is unique across all kinds of terms.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Shipment {
    /// Returns all search terms of the shipment, sorted.
    pub fn terms(&self) -> Vec<Term> {
        let credentials = self.keys().iter().flat_map(|key| &key.credentials);
        let people = credentials.flat_map(|credential| {
            let named = UserKey::from(&credential.user);
            let handle = credential.user_handle().cloned().map(UserKey::Handle);
            [Some(named), handle, credential.object_id.map(UserKey::ObjectId)].into_iter().flatten()
        });
        let serials = self.phase().fulfilled().map(|fulfilled| fulfilled.keys.as_slice()).unwrap_or_default();
        let mut terms: Vec<_> = people.map(|person| Term::person(&person)).collect();
        terms.extend(serials.iter().map(|key| Term::serial(&key.serial)));
        terms.extend(self.phase().delivery_id().map(Term::delivery_id));
        terms.extend(self.user().map(|user| Term::person(&UserKey::from(user))));
        let user_name = self.info().user_name.as_ref();
        terms.extend(user_name.map(|name| Term::person(&UserKey::Upn(name.clone()))));
        terms.extend(self.info().reference.as_deref().map(Term::reference));
        terms.extend(self.tracking_number().map(Term::tracking));
        terms.extend(self.is_being_withdrawn().then(Term::being_withdrawn));
        terms.extend(self.awaits_address().then(Term::awaits_address));
        terms.sort();
        terms.dedup();
        terms
    }
}
