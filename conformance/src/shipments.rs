//! Inserting, finding, replacing, listing.

use keyferry_domain::ports::{Cursor, StoreError, Stored, Version};
use keyferry_domain::{
    Actor, CompletedBy, Event, EventKind, FulfilmentId, Phase, PhaseName, Shipment, ShipmentId, ShipmentStore,
};

use super::samples::{accepted, at, id, in_phase, obstacle, submitting};
use super::{Shipments, is_conflict};

async fn stored(store: &dyn ShipmentStore, id: ShipmentId) -> Stored {
    store.get(id).await.unwrap().unwrap()
}

/// Everything a listing tells, page by page: the ids of whole records and of broken ones.
async fn all(store: &dyn ShipmentStore, phases: &[PhaseName], limit: u32) -> (Vec<Shipment>, Vec<String>) {
    let (mut items, mut broken, mut after) = (Vec::new(), Vec::new(), None::<Cursor>);
    for _ in 0..100 {
        let page = store.list(phases, after.as_ref(), limit).await.unwrap();
        assert!(page.items.len() + page.broken.len() <= limit as usize);
        items.extend(page.items.into_iter().map(|stored| stored.shipment));
        broken.extend(page.broken.into_iter().map(|(id, _)| id));
        after = page.next;
        if after.is_none() {
            return (items, broken);
        }
    }
    panic!("the listing does not end");
}

pub async fn what_is_inserted_is_found_by_both_ids(backend: &dyn Shipments) {
    let store = backend.shipments().await;
    let mut shipment = submitting();
    let version = store.insert(&shipment).await.unwrap();
    let found = stored(&*store, shipment.id).await;
    assert_eq!((&found.shipment, &found.version, &found.claim), (&shipment, &version, &None));

    shipment.phase = accepted().phase;
    let fulfilment_id = shipment.phase.fulfilment_id().unwrap().clone();
    assert!(store.find(&fulfilment_id).await.unwrap().is_none());
    let version = store.replace(&shipment, &version).await.unwrap();
    let found = store.find(&fulfilment_id).await.unwrap().unwrap();
    assert_eq!((&found.shipment, &found.version), (&shipment, &version));
}

pub async fn an_id_is_inserted_once(backend: &dyn Shipments) {
    let store = backend.shipments().await;
    let shipment = submitting();
    let version = store.insert(&shipment).await.unwrap();
    let mut other = in_phase(PhaseName::Accepted);
    other.id = shipment.id;
    assert!(matches!(store.insert(&other).await, Err(StoreError::Exists(_))));
    let found = stored(&*store, shipment.id).await;
    assert_eq!((found.shipment, found.version), (shipment, version));
}

pub async fn nothing_is_found_under_unknown_ids(backend: &dyn Shipments) {
    let store = backend.shipments().await;
    store.ping().await.unwrap();
    store.insert(&submitting()).await.unwrap();
    assert!(store.get(id()).await.unwrap().is_none());
    for text in ["", "8gYnYQk5", "' OR '1'='1", "x'y%_"] {
        assert!(store.find(&FulfilmentId::new(text)).await.unwrap().is_none(), "{text}");
    }
}

pub async fn a_stale_version_changes_nothing(backend: &dyn Shipments) {
    let store = backend.shipments().await;
    let first = submitting();
    let stale = store.insert(&first).await.unwrap();
    let mut second = first.clone();
    second.obstacle = Some(obstacle());
    let fresh = store.replace(&second, &stale).await.unwrap();
    assert_ne!(stale, fresh);
    assert!(is_conflict(&store.replace(&first, &stale).await));
    assert!(is_conflict(&store.replace(&first, &Version("nobody's".into())).await));
    assert!(is_conflict(&store.replace(&submitting(), &fresh).await), "a record that is not there");
    let found = stored(&*store, first.id).await;
    assert_eq!((found.shipment, found.version), (second, fresh));
}

pub async fn a_shipment_in_any_phase_comes_back_whole(backend: &dyn Shipments) {
    let store = backend.shipments().await;
    for name in PhaseName::ALL {
        let mut shipment = in_phase(name);
        shipment.obstacle = (name == PhaseName::Registered).then(obstacle);
        store.insert(&shipment).await.unwrap();
        assert_eq!(stored(&*store, shipment.id).await.shipment, shipment, "{name:?}");
    }
}

pub async fn a_long_history_comes_back_whole(backend: &dyn Shipments) {
    let store = backend.shipments().await;
    let mut shipment = accepted();
    // Longer than any one property of a table may be. ASCII, since Azurite 3.37 spoils a character that lies across two chunks of a body.
    for attempt in 0..150 {
        let told = format!("no manager, look-up {attempt}: {}", "x".repeat(1200));
        shipment.history.record(Event::new(at(attempt), EventKind::Obstacle, Actor::Processing, told));
    }
    let version = store.insert(&shipment).await.unwrap();
    let found = stored(&*store, shipment.id).await;
    assert_eq!(found.version, version);
    assert!(found.shipment == shipment, "it comes back otherwise than it was put");

    shipment.history = accepted().history;
    store.replace(&shipment, &version).await.unwrap();
    assert!(stored(&*store, shipment.id).await.shipment == shipment, "something of the long one is left");
}

pub async fn deleting_needs_the_version(backend: &dyn Shipments) {
    let store = backend.shipments().await;
    let shipment = submitting();
    let stale = store.insert(&shipment).await.unwrap();
    let fresh = store.replace(&shipment, &stale).await.unwrap();
    assert!(is_conflict(&store.delete(shipment.id, &stale).await));
    assert!(store.get(shipment.id).await.unwrap().is_some());
    store.delete(shipment.id, &fresh).await.unwrap();
    assert!(store.get(shipment.id).await.unwrap().is_none());
    assert!(is_conflict(&store.delete(shipment.id, &fresh).await));
}

pub async fn listing_is_by_phase_in_the_order_of_ids_page_by_page(backend: &dyn Shipments) {
    let store = backend.shipments().await;
    let mut shipments: Vec<_> = (0..3).flat_map(|_| PhaseName::ALL.map(in_phase)).collect();
    // Inserted out of order.
    shipments.reverse();
    for shipment in &shipments {
        store.insert(shipment).await.unwrap();
    }
    shipments.sort_by_key(|shipment| shipment.id);
    for phases in [&PhaseName::ALL[..], &PhaseName::OPEN, &[PhaseName::Complete], &[]] {
        let expected: Vec<_> =
            shipments.iter().filter(|shipment| phases.contains(&shipment.phase.name())).cloned().collect();
        for limit in [1, 2, 7, 100] {
            let (listed, broken) = all(&*store, phases, limit).await;
            assert_eq!(listed, expected, "{phases:?} by {limit}");
            assert!(broken.is_empty());
        }
    }
}

pub async fn reopening_keeps_everything(backend: &dyn Shipments) {
    let shipment = in_phase(PhaseName::Registered);
    let version = {
        let store = backend.shipments().await;
        store.insert(&shipment).await.unwrap()
    };
    let store = backend.shipments().await;
    let found = stored(&*store, shipment.id).await;
    assert_eq!((&found.shipment, &found.version), (&shipment, &version));
    store.replace(&shipment, &version).await.unwrap();
}

pub async fn a_broken_record_does_not_hide_the_others(backend: &dyn Shipments) {
    let store = backend.shipments().await;
    let shipments = [accepted(), accepted(), accepted()];
    for shipment in &shipments {
        store.insert(shipment).await.unwrap();
    }
    let [before, damaged, after] = shipments;
    backend.damage(damaged.id).await;
    assert!(matches!(store.get(damaged.id).await, Err(StoreError::Broken { .. })));
    for limit in [1, 3] {
        let (listed, broken) = all(&*store, &PhaseName::OPEN, limit).await;
        assert_eq!(listed, [before.clone(), after.clone()]);
        assert_eq!(broken, [damaged.id.to_string()]);
    }
}

pub async fn set_to_complete_by_hand_it_is_complete(backend: &dyn Shipments) {
    let store = backend.shipments().await;
    let shipment = in_phase(PhaseName::Fulfilled);
    store.insert(&shipment).await.unwrap();
    backend.set_state_by_hand(shipment.id, "complete").await;

    let found = stored(&*store, shipment.id).await;
    let Phase::Complete(complete) = &found.shipment.phase else { panic!("{:?}", found.shipment.phase) };
    assert_eq!((&complete.by, &*complete.before), (&CompletedBy::Record, &shipment.phase));
    assert_eq!(found.shipment.state(), "complete");

    store.replace(&found.shipment, &found.version).await.unwrap();
    assert_eq!(stored(&*store, shipment.id).await.shipment, found.shipment, "its age now counts from the first look");
}

pub async fn set_to_complete_by_hand_it_is_listed_until_it_is_durable(backend: &dyn Shipments) {
    let store = backend.shipments().await;
    for name in [PhaseName::Accepted, PhaseName::Unconfirmed, PhaseName::Refused, PhaseName::Cancelled] {
        let shipment = in_phase(name);
        store.insert(&shipment).await.unwrap();
        backend.set_state_by_hand(shipment.id, "complete").await;

        // The run that processes open shipments sees it, even if its phase was not open any more.
        let page = store.list(&PhaseName::OPEN, None, 100).await.unwrap();
        let [found] = &page.items[..] else { panic!("{page:?}") };
        assert_eq!((found.shipment.id, found.shipment.state()), (shipment.id, "complete"));
        store.replace(&found.shipment, &found.version).await.unwrap();

        assert_eq!(all(&*store, &PhaseName::OPEN, 100).await.0, []);
        let complete = all(&*store, &[PhaseName::Complete], 100).await.0;
        assert!(complete.iter().any(|complete| complete.id == shipment.id));
    }
}

pub async fn a_worker_does_not_overwrite_a_persons_word(backend: &dyn Shipments) {
    let store = backend.shipments().await;
    let mut shipment = accepted();
    let before = store.insert(&shipment).await.unwrap();
    backend.set_state_by_hand(shipment.id, "complete").await;

    shipment.obstacle = Some(obstacle());
    assert!(is_conflict(&store.replace(&shipment, &before).await));
    assert!(is_conflict(&store.delete(shipment.id, &before).await));
    assert_eq!(stored(&*store, shipment.id).await.shipment.state(), "complete");
}
