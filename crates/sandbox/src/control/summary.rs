//! Summary of all parcels: how many are in which state, and who gets more than one key.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};
use uuid::Uuid;

use super::holder::holder;
use crate::delivery::{Parcel, described};
use crate::world::World;

/// Number of recipients and people with several parcels that the summary names.
const NAMED: usize = 100;

/// Returns the counts of parcels, of recipients by mail address, and of people by the credentials of their keys.
///
/// A parcel has a person from the production of its key on: before that, only the factory could open the order.
pub(super) async fn parcels(State(world): State<Arc<World>>) -> Json<Value> {
    let row = |parcel: &Parcel| {
        let recipient = parcel.order.recipient.recipient_email.as_deref().unwrap_or_default().to_lowercase();
        (parcel.id.clone(), parcel.state_id, recipient, holder(&world, parcel))
    };
    let (total, rows) = world.delivery.parcels.page(0, usize::MAX, |_| true, row);
    let mut states: BTreeMap<u32, usize> = BTreeMap::new();
    let mut recipients: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut people: BTreeMap<Uuid, Vec<String>> = BTreeMap::new();
    for (id, state, recipient, person) in rows {
        *states.entry(state).or_default() += 1;
        recipients.entry(recipient).or_default().push(id.clone());
        if let Some(person) = person {
            people.entry(person).or_default().push(id);
        }
    }
    let states: Vec<Value> = states
        .into_iter()
        .map(|(state, parcels)| json!({ "state_id": state, "message": described(state).1, "parcels": parcels }))
        .collect();
    let passkeys: usize = world.graph.methods.counts().into_iter().map(|(_, count)| count).sum();
    Json(json!({
        "parcels": total,
        "states": states,
        "recipients": counted("recipient_email", recipients),
        "people": counted("user_id", people),
        "passkeys": passkeys,
    }))
}

/// Returns the number of owners, the number of those with several parcels, and the first of them with their parcels.
fn counted<T: serde::Serialize>(name: &str, owners: BTreeMap<T, Vec<String>>) -> Value {
    let total = owners.len();
    let several: Vec<_> = owners.into_iter().filter(|(_, parcels)| parcels.len() > 1).collect();
    let named: Vec<Value> =
        several.iter().take(NAMED).map(|(owner, parcels)| json!({ name: owner, "shipment_ids": parcels })).collect();
    json!({ "total": total, "with_several": several.len(), "several": named })
}
