//! Cases of inserting, finding, committing and deleting shipments.

use keyferry_domain::ports::{EventCursor, OpenCounts, ShipmentFilter, ShipmentSort, StoreError, Stored, Version};
use keyferry_domain::{
    Change, CompletedBy, DeliveryId, EventKind, Phase, PhaseName, Shipment, ShipmentId, ShipmentStore,
};

use super::samples::{accepted, advanced, id, in_phase, note, obstructed, submitting};
use super::{Shipments, is_conflict};

pub(crate) async fn stored(store: &dyn ShipmentStore, id: ShipmentId) -> Stored {
    store.get(id).await.unwrap().unwrap()
}

/// Applies a transition to the shipment of a committed change.
pub(crate) fn after(change: &Change, transition: impl FnOnce(Shipment) -> Change) -> Change {
    transition(change.shipment().clone())
}

pub async fn finds_inserted_shipment_by_both_ids(backend: &dyn Shipments) {
    let store = backend.shipments().await;
    let change = submitting();
    let id = change.shipment().id();
    let version = store.insert(&change).await.unwrap();
    let found = stored(&*store, id).await;
    assert_eq!((found.shipment(), &found.version, &found.claim), (change.shipment(), &version, &None));
    assert!(!found.change.is_changed());

    let change = after(&change, |shipment| advanced(Change::none(shipment), PhaseName::Fulfilled));
    let delivery_id = change.shipment().phase().delivery_id().unwrap().clone();
    assert!(store.find(&delivery_id).await.unwrap().is_none());
    let version = store.commit(&change, &version).await.unwrap();
    let found = store.find(&delivery_id).await.unwrap().unwrap();
    assert_eq!((found.shipment(), &found.version), (change.shipment(), &version));
}

pub async fn rejects_second_insert_of_an_id(backend: &dyn Shipments) {
    let store = backend.shipments().await;
    let change = submitting();
    let version = store.insert(&change).await.unwrap();
    let other = advanced(change.clone(), PhaseName::Fulfilled);
    assert!(matches!(store.insert(&other).await, Err(StoreError::Exists(_))));
    let found = stored(&*store, change.shipment().id()).await;
    assert_eq!((found.shipment(), &found.version), (change.shipment(), &version));
    assert_eq!(store.events(change.shipment().id(), 0, 10).await.unwrap(), change.events());
}

pub async fn unknown_ids_find_nothing(backend: &dyn Shipments) {
    let store = backend.shipments().await;
    store.prove_write().await.unwrap();
    store.insert(&submitting()).await.unwrap();
    assert!(store.get(id()).await.unwrap().is_none());
    for text in ["", "8gYnYQk5", "' OR '1'='1", "x'y%_"] {
        assert!(store.find(&DeliveryId::new(text)).await.unwrap().is_none(), "{text}");
    }
}

/// Two shipments share an id if the delivery service returns it twice, or an operator adopts an order by mistake.
pub async fn finds_oldest_shipment_of_a_shared_delivery_id(backend: &dyn Shipments) {
    let store = backend.shipments().await;
    let [elder, younger] = [submitting(), submitting()];
    let shared = super::samples::delivery_id();
    let accept = |change: &Change| {
        after(change, |shipment| match shipment.phased() {
            keyferry_domain::Phased::Submitting(it) => it.accept(shared.clone(), note(2, "accepted")),
            other => panic!("{other:?}"),
        })
    };
    for change in [&younger, &elder] {
        let version = store.insert(change).await.unwrap();
        store.commit(&accept(change), &version).await.unwrap();
    }
    let found = store.find(&shared).await.unwrap().unwrap();
    assert_eq!(found.shipment().id(), elder.shipment().id());
    store.delete(elder.shipment().id(), &found.version).await.unwrap();
    let found = store.find(&shared).await.unwrap().unwrap();
    assert_eq!(found.shipment().id(), younger.shipment().id());
}

pub async fn stale_version_changes_nothing(backend: &dyn Shipments) {
    let store = backend.shipments().await;
    let first = submitting();
    let id = first.shipment().id();
    let stale = store.insert(&first).await.unwrap();
    let second = obstructed(first.shipment());
    let fresh = store.commit(&second, &stale).await.unwrap();
    assert_ne!(stale, fresh);
    let other = after(&second, |shipment| advanced(Change::none(shipment), PhaseName::Refused));
    assert!(is_conflict(&store.commit(&other, &stale).await));
    assert!(is_conflict(&store.commit(&other, &Version("unknown".into())).await));
    assert!(
        is_conflict(&store.commit(&obstructed(submitting().shipment()), &fresh).await),
        "the record does not exist"
    );
    let found = stored(&*store, id).await;
    assert_eq!((found.shipment(), &found.version), (second.shipment(), &fresh));
    // A failed commit writes neither the record nor an event.
    let events = [first.events(), second.events()].concat();
    assert_eq!(store.events(id, 0, 10).await.unwrap(), events);
    let feed = store.events_after(&EventCursor::start(), 100).await.unwrap();
    assert_eq!(feed.len(), events.len());
}

pub async fn round_trip_in_every_phase(backend: &dyn Shipments) {
    let store = backend.shipments().await;
    for name in PhaseName::ALL {
        let mut change = in_phase(name);
        if name == PhaseName::Registered {
            change = change.then(|shipment| obstructed(&shipment));
        }
        store.insert(&change).await.unwrap();
        assert_eq!(stored(&*store, change.shipment().id()).await.shipment(), change.shipment(), "{name:?}");
    }
}

pub async fn round_trip_of_long_record(backend: &dyn Shipments) {
    let store = backend.shipments().await;
    let short = accepted();
    let version = store.insert(&short).await.unwrap();
    // Exceeds the maximum size of a property in Table Storage. ASCII only, because Azurite 3.37 corrupts a character
    // that is split between two chunks of a request body.
    let mut obstacle = super::samples::obstacle();
    obstacle.message = "x".repeat(150_000);
    let long = after(&short, |shipment| shipment.meet(obstacle));
    let version = store.commit(&long, &version).await.unwrap();
    let found = stored(&*store, long.shipment().id()).await;
    assert_eq!(found.version, version);
    assert!(found.shipment() == long.shipment(), "the read shipment differs from the committed one");

    let short = after(&long, |shipment| shipment.clear_obstacle(super::samples::at(9)));
    store.commit(&short, &version).await.unwrap();
    let found = stored(&*store, short.shipment().id()).await;
    assert!(found.shipment() == short.shipment(), "the read shipment contains parts of the long one");
}

pub async fn delete_requires_current_version(backend: &dyn Shipments) {
    let store = backend.shipments().await;
    let change = submitting();
    let id = change.shipment().id();
    let stale = store.insert(&change).await.unwrap();
    let fresh = store.commit(&obstructed(change.shipment()), &stale).await.unwrap();
    assert!(is_conflict(&store.delete(id, &stale).await));
    assert!(store.get(id).await.unwrap().is_some());
    assert_eq!(store.events(id, 0, 10).await.unwrap().len(), 2);
    store.delete(id, &fresh).await.unwrap();
    assert!(store.get(id).await.unwrap().is_none());
    assert_eq!(store.events(id, 0, 10).await.unwrap(), []);
    assert!(is_conflict(&store.delete(id, &fresh).await));
}

pub async fn data_survives_reopening(backend: &dyn Shipments) {
    let change = in_phase(PhaseName::Registered);
    let id = change.shipment().id();
    let version = {
        let store = backend.shipments().await;
        store.insert(&change).await.unwrap()
    };
    let store = backend.shipments().await;
    let found = stored(&*store, id).await;
    assert_eq!((found.shipment(), &found.version), (change.shipment(), &version));
    assert_eq!(store.events(id, 0, 10).await.unwrap(), change.events());
    store.commit(&obstructed(change.shipment()), &version).await.unwrap();
}

pub async fn damaged_record_does_not_affect_others(backend: &dyn Shipments) {
    let store = backend.shipments().await;
    let changes = [accepted(), accepted(), accepted()];
    for change in &changes {
        store.insert(change).await.unwrap();
    }
    let [before, damaged, after] = changes.map(|change| change.into_shipment());
    backend.damage(damaged.id()).await;
    assert!(matches!(store.get(damaged.id()).await, Err(StoreError::Broken { .. })));
    for shipment in [before, after] {
        assert_eq!(stored(&*store, shipment.id()).await.shipment(), &shipment);
    }
}

pub async fn completed_by_hand_reads_as_complete(backend: &dyn Shipments) {
    let store = backend.shipments().await;
    let change = in_phase(PhaseName::Fulfilled);
    let id = change.shipment().id();
    store.insert(&change).await.unwrap();
    backend.set_state_by_hand(id, "complete").await;

    let found = stored(&*store, id).await;
    let Phase::Complete(complete) = found.shipment().phase() else { panic!("{found:?}") };
    assert_eq!((&complete.by, &*complete.before), (&CompletedBy::Record, change.shipment().phase()));
    assert_eq!(found.shipment().state(), "complete");
    assert_eq!(store.events(id, 0, 10).await.unwrap().len(), change.events().len(), "reading must not write events");

    store.commit(&found.change, &found.version).await.unwrap();
    let again = stored(&*store, id).await;
    assert_eq!(again.shipment(), found.shipment(), "the completion time is that of the first read");
    assert!(!again.change.is_changed());
    let events = store.events(id, 0, 10).await.unwrap();
    assert_eq!(events.last().map(|event| event.kind), Some(EventKind::Completed));
}

pub async fn stale_worker_does_not_overwrite_hand_edit(backend: &dyn Shipments) {
    let store = backend.shipments().await;
    let change = accepted();
    let id = change.shipment().id();
    let before = store.insert(&change).await.unwrap();
    backend.set_state_by_hand(id, "complete").await;

    assert!(is_conflict(&store.commit(&obstructed(change.shipment()), &before).await));
    assert!(is_conflict(&store.delete(id, &before).await));
    assert_eq!(stored(&*store, id).await.shipment().state(), "complete");
}

pub async fn probe_can_be_repeated_and_is_no_record(backend: &dyn Shipments) {
    let store = backend.shipments().await;
    let change = accepted();
    store.insert(&change).await.unwrap();
    let events = store.events_after(&EventCursor::start(), 100).await.unwrap();
    for _ in 0..2 {
        store.prove_write().await.unwrap();
    }
    backend.shipments().await.prove_write().await.unwrap();
    store.tidy().await.unwrap();
    let page = store.query(&ShipmentFilter::default(), ShipmentSort::Id, None, 10).await.unwrap();
    assert_eq!(page.items.iter().map(|summary| summary.id).collect::<Vec<_>>(), [change.shipment().id()]);
    assert_eq!((page.next, page.broken), (None, Vec::new()));
    assert_eq!(store.counts(&ShipmentFilter::default()).await.unwrap().0.values().sum::<u64>(), 1);
    assert_eq!(store.events_after(&EventCursor::start(), 100).await.unwrap(), events);
}

pub async fn intact_store_reports_no_damage(backend: &dyn Shipments) {
    let store = backend.shipments().await;
    for name in PhaseName::ALL {
        store.insert(&in_phase(name)).await.unwrap();
    }
    assert_eq!(store.find_damage().await.unwrap(), [] as [String; 0]);
    if let Some(counts) = store.open_counts().await.unwrap() {
        let open = PhaseName::OPEN.len() as u64;
        assert_eq!(counts, OpenCounts { by_table: open, by_index: open });
    }
}
