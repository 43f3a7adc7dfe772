//! Copies of the books of the outside parties and of the stores.

use std::collections::BTreeMap;

use keyferry_domain::{DeliveryId, EmailAddress, Event, Shipment, ShipmentId};
use keyferry_testkit::outside::{Sent, lock};

use super::{Intents, Stage};

/// Street of every order. It must not be written to a record.
pub(super) const STREET: &str = "Secret Street 1";

/// Parcel of the delivery service.
pub(super) struct Parcel {
    pub(super) id: DeliveryId,
    pub(super) request: ShipmentId,
    pub(super) deleted: bool,
    pub(super) pin: Option<String>,
    pub(super) serial: Option<String>,
    pub(super) credential: Option<Vec<u8>>,
}

/// User of the identity provider.
pub(super) struct User {
    pub(super) handle: String,
    pub(super) manager: Option<EmailAddress>,
    /// Credential ids, and the handles of the users that they were made for.
    pub(super) methods: Vec<(Vec<u8>, String)>,
}

/// All books.
pub(super) struct Books {
    pub(super) intents: Intents,
    pub(super) parcels: Vec<Parcel>,
    /// Number of orders by sealed request.
    pub(super) orders: BTreeMap<ShipmentId, usize>,
    pub(super) users: Vec<User>,
    /// Number of registrations of a credential that was registered already.
    pub(super) repeated: usize,
    pub(super) sent: Vec<Sent>,
    pub(super) records: BTreeMap<ShipmentId, Shipment>,
    pub(super) events: BTreeMap<ShipmentId, Vec<Event>>,
    pub(super) secrets: BTreeMap<ShipmentId, bool>,
    pub(super) live_claims: usize,
    pub(super) written: Vec<String>,
}

impl Books {
    pub(super) fn read(stage: &Stage) -> Self {
        let outside = &stage.outside;
        let delivery = lock(&outside.delivery);
        let parcels = delivery.parcels.iter().map(|(id, parcel)| Parcel {
            id: id.clone(),
            request: parcel.request,
            deleted: parcel.deleted,
            pin: parcel.made.as_ref().map(|made| made.pin.clone()),
            serial: parcel.made.as_ref().map(|made| made.serial.to_string()),
            credential: parcel.made.as_ref().and_then(|made| Some(made.credential.as_ref()?.id.clone())),
        });
        let people = lock(&outside.people);
        let users = people.users.iter().map(|user| User {
            handle: user.handle.clone(),
            manager: user.manager.clone().filter(|_| user.has_manager),
            methods: user
                .methods
                .iter()
                .map(|method| (method.credential_id.clone(), method.made_for.clone()))
                .collect(),
        });
        let records = lock(&outside.records);
        let vault = lock(&outside.vault);
        let now = outside.clock.now();
        let ids: Vec<_> = records.all().iter().map(|shipment| shipment.id()).collect();
        let current = |id: &ShipmentId| Some((*id, records.get(*id, now).ok()??.change.into_shipment()));
        Self {
            intents: lock(&stage.intents).clone(),
            parcels: parcels.collect(),
            orders: delivery.orders.iter().map(|(id, times)| (*id, *times)).collect(),
            users: users.collect(),
            repeated: people.repeated,
            sent: lock(&outside.pins).sent.clone(),
            records: ids.iter().filter_map(current).collect(),
            events: ids.iter().map(|id| (*id, records.events(*id, 0, u32::MAX))).collect(),
            secrets: ids.iter().map(|id| (*id, vault.has(*id))).collect(),
            live_claims: records.live_claims(now),
            written: records.written.clone(),
        }
    }

    pub(super) fn user_of(&self, shipment: &Shipment) -> Option<&User> {
        let handle = handle_of(shipment)?;
        self.users.iter().find(|user| user.handle == handle)
    }

    pub(super) fn parcel_of(&self, id: ShipmentId) -> Option<&Parcel> {
        self.parcels.iter().find(|parcel| parcel.request == id)
    }
}

/// Returns the handle of the user for whom the key was ordered.
pub(super) fn handle_of(shipment: &Shipment) -> Option<String> {
    let credential = shipment.keys().first()?.credentials.first()?;
    credential.user_handle().map(|handle| handle.as_str().to_owned())
}
