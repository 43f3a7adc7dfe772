//! Keys that are lost or returned, and people who leave.

use std::sync::Arc;

use keyferry_domain::{ShipmentId, UserRef};
use keyferry_engine::{LostKey, LostKeyError, NewKeyOrder, ReturnKeyError, WhichKey};
use keyferry_testkit::outside::lock;

use super::Life;
use super::asking::caller;

impl Life {
    /// A person loses a key, and it is reported, in one act or by two.
    pub(super) async fn lose_key(self: Arc<Self>) {
        let Some(id) = self.any_shipment() else { return };
        let Some(person) = self.world.meddling.with(|state| state.court.person_of(id)) else { return };
        self.world.meddling.life(Some(id), format!("person {person} loses the key"));
        self.world.meddling.with(|state| state.court.revoking(person));
        if self.chance.percent(30) {
            self.revoke_and_replace(id, person).await;
            return;
        }
        let user = UserRef::ObjectId(lock(&self.world.outside.people).users[person].object_id);
        let replacement = match self.chance.percent(70) {
            true => NewKeyOrder::Given(Box::new(self.order_again(person))),
            false => NewKeyOrder::None,
        };
        let report = async |engine: keyferry_engine::Engine| {
            let (user, key, replacement) = (user.clone(), WhichKey::Shipment(id.to_string()), replacement.clone());
            let lost =
                LostKey { user, key, reason: "lost on a train".into(), by: caller(), replacement, access_pass: false };
            engine.operator.report_lost(lost).await
        };
        let is_final = |error: &LostKeyError| !matches!(error, LostKeyError::Busy(_) | LostKeyError::Store(_));
        if let Some(Ok(done)) = self.insist(report, is_final).await {
            self.withdrawn(id, "is reported as lost: acknowledged");
            if let Some(left) = done.left {
                self.read(&left);
            }
        }
    }

    async fn revoke_and_replace(&self, id: ShipmentId, person: usize) {
        let (user, method) = {
            let people = lock(&self.world.outside.people);
            let user = &people.users[person];
            let held = people.held(&UserRef::ObjectId(user.object_id)).unwrap_or_default();
            (UserRef::ObjectId(user.object_id), held.first().map(|method| method.id.clone()))
        };
        if let Some(method) = method {
            self.ask(async |engine| engine.operator.revoke(&user, &method, caller(), "lost").await).await;
        }
        let (request, text) = (self.order_again(person), id.to_string());
        let replaced = self.ask(async |engine| engine.operator.replace(&text, "lost", request).await).await;
        match replaced {
            Some(Ok(_)) => self.world.meddling.life(Some(id), "another key is ordered"),
            Some(Err(error)) => self.read(&format!("{error} {error:?}")),
            None => {}
        }
    }

    /// A key comes back, and the help desk types its serial number.
    pub(super) async fn return_key(self: Arc<Self>) {
        let Some(id) = self.any_shipment() else { return };
        let Some(person) = self.world.meddling.with(|state| state.court.person_of(id)) else { return };
        let serial = {
            let delivery = lock(&self.world.outside.delivery);
            let made = delivery.parcel_of(id).and_then(|(_, parcel)| parcel.made.as_ref());
            made.map(|made| made.serial.clone())
        };
        let Some(serial) = serial else { return };
        self.world.meddling.life(Some(id), "the key is returned");
        self.world.meddling.with(|state| state.court.revoking(person));
        let give = async |engine: keyferry_engine::Engine| engine.operator.return_key(&serial, caller(), "back").await;
        let is_final = |error: &ReturnKeyError| matches!(error, ReturnKeyError::NotFound(_));
        if let Some(Ok(done)) = self.insist(give, is_final).await {
            self.withdrawn(done.shipment.id(), "is recorded as returned: acknowledged");
        }
    }

    /// Offboards a person who left.
    pub(super) async fn offboard(self: Arc<Self>, person: usize) {
        let user = UserRef::ObjectId(lock(&self.world.outside.people).users[person].object_id);
        self.world.meddling.with(|state| state.court.revoking(person));
        let offboard = async |engine: keyferry_engine::Engine| engine.operator.offboard(&user, caller(), "left").await;
        if let Some(Ok(done)) = self.insist(offboard, |_| false).await {
            for shipment in done.shipments {
                match shipment.failed {
                    Some(failed) => self.read(&failed),
                    None => self.withdrawn(shipment.shipment, "is withdrawn from a person who left: acknowledged"),
                }
            }
        }
    }

    fn withdrawn(&self, id: ShipmentId, what: &str) {
        self.world.meddling.with(|state| state.court.book.withdrawn.insert(id));
        self.world.meddling.life(Some(id), format!("the key {what}"));
    }
}
