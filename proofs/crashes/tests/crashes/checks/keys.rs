//! Checks the identity provider: it has each key once, for the person it was ordered for.

use std::collections::BTreeMap;

use super::{Promise, Sides};
use crate::case_run::CaseRun;
use crate::world::PEOPLE;

impl CaseRun<'_> {
    pub(super) async fn check_keys(&mut self, sides: &Sides) {
        let mut held = BTreeMap::<String, usize>::new();
        for person in &PEOPLE {
            for method in self.world.methods(person.id).await {
                // The credential's id and a digit that counts its padding.
                let id = method["id"].as_str().unwrap();
                let credential = &id[..id.len() - 1];
                *held.entry(credential.to_owned()).or_default() += 1;
                let parcel = sides.parcels.iter().find(|parcel| parcel.credential_id == credential);
                let order = parcel
                    .and_then(|parcel| self.orders.iter().find(|order| order.recipient() == parcel.recipient))
                    .map(|order| (order.number, order.person()));
                match order {
                    None => {
                        self.breaks(Promise::RightPerson, format!("{} has a key that was not delivered", person.name))
                    }
                    Some((number, theirs)) if theirs.id != person.id => {
                        let what =
                            format!("order {number}: the key of {} is registered for {}", theirs.name, person.name);
                        self.breaks(Promise::RightPerson, what);
                    }
                    Some(_) => {}
                }
            }
        }
        for parcel in &sides.parcels {
            let times = held.get(&parcel.credential_id).copied().unwrap_or_default();
            let complete = sides.record(&parcel.request_id).is_some_and(|record| record.phase == "complete");
            if times > 1 || (complete && times == 0) {
                let what = format!(
                    "{}: the key of parcel {} is registered {times} times",
                    parcel.request_id, parcel.shipment_id
                );
                self.breaks(Promise::RegisteredOnce, what);
            }
        }
        // The sandbox answers a second registration of a key with 409, so it is not among the methods: count the calls.
        let again = |call: &&serde_json::Value| call["endpoint"] == "graph.register" && call["status"] == 409;
        let again = self.world.calls().await.iter().filter(again).count();
        if again > 0 {
            self.breaks(Promise::RegisteredOnce, format!("{again} registrations of a key that was already registered"));
        }
    }
}
