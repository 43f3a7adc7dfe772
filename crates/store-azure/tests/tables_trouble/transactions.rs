//! Tests of concurrent replicas, unexpected rows and interrupted deletions.

use std::sync::Arc;
use std::time::Duration;

use keyferry_conformance::samples::{accepted, obstacle, obstructed, submitting};
use keyferry_domain::ShipmentStore;
use keyferry_domain::ports::{EventCursor, StoreError};
use serde_json::json;

use super::World;
use super::double::Fault::{None, Refused};
use super::writing::{LOST, UNDONE};

async fn positions(world: &World) -> Vec<String> {
    let events = world.store.events_after(&EventCursor::start(), 100).await.unwrap();
    events.into_iter().map(|event| event.cursor.0).collect()
}

#[tokio::test]
async fn slower_replica_takes_the_next_position() {
    let world = World::new().await;
    let other = world.replica();
    let (first, second) = (submitting(), submitting());
    let stale = world.store.insert(&first).await.unwrap();
    // The other replica advances the head; this one has cached the old head.
    other.insert(&second).await.unwrap();
    world.table.next([]);
    let next = obstructed(first.shipment());
    let version = world.store.commit(&next, &stale).await.unwrap();
    assert_eq!(world.table.methods(), ["GET", "POST", "GET", "GET", "POST"], "conflict, read, commit");
    assert_eq!(world.waits().len(), 1);
    assert_eq!(positions(&world).await, ["1", "2", "3"]);
    assert_eq!(world.store.get(first.shipment().id()).await.unwrap().unwrap().version, version);

    // The cached head is current now, so that no read is needed.
    world.table.next([]);
    world.store.insert(&submitting()).await.unwrap();
    assert_eq!(world.table.methods(), ["POST"]);
    // A changed record is a conflict, whatever the head is.
    other.insert(&submitting()).await.unwrap();
    let answer = world.store.commit(&obstructed(first.shipment()), &stale).await;
    assert!(matches!(answer, Err(StoreError::Conflict(_))), "{answer:?}");
    assert_eq!(positions(&world).await, ["1", "2", "3", "4", "5"]);
}

#[tokio::test]
async fn commits_once_if_answer_is_lost_after_head_conflict() {
    for fault in LOST.into_iter().chain(UNDONE) {
        let world = World::new().await;
        let other = world.replica();
        let change = submitting();
        let version = world.store.insert(&change).await.unwrap();
        other.insert(&submitting()).await.unwrap();
        // The first attempt conflicts on the head; the second one has the fault.
        world.table.next_writes([None, fault.clone()]);
        let next = obstructed(change.shipment());
        let version = world.store.commit(&next, &version).await.unwrap();
        let found = world.store.get(change.shipment().id()).await.unwrap().unwrap();
        assert_eq!((found.shipment(), &found.version), (next.shipment(), &version), "{fault:?}");
        assert_eq!(positions(&world).await, ["1", "2", "3"], "{fault:?}");
        let newest = world.intact().await.newest.unwrap();
        assert_eq!((newest.position, newest.since), (3, 0), "{fault:?}");
    }
}

#[tokio::test]
async fn commits_of_one_replica_do_not_conflict() {
    let world = Arc::new(World::new().await);
    world.store.insert(&submitting()).await.unwrap();
    world.table.next([]);
    let inserts = (0..12).map(|_| {
        let world = world.clone();
        tokio::spawn(async move { world.store.insert(&submitting()).await.unwrap() })
    });
    futures::future::join_all(inserts).await.into_iter().for_each(|insert| drop(insert.unwrap()));
    assert_eq!(world.table.methods(), ["POST"; 12]);
    assert_eq!(positions(&world).await.len(), 13);
}

#[tokio::test]
async fn gives_up_when_head_keeps_changing() {
    let world = World::new().await;
    let change = submitting();
    let version = world.store.insert(&change).await.unwrap();
    // Simulates another replica that is always faster.
    world.table.next_writes(std::iter::repeat_n(Refused(412, "UpdateConditionNotSatisfied"), 200));
    let mover = world.table.clone();
    world.clock.meanwhile(move || mover.write("keyferry", "sys-head", &json!({"position": "1"})));
    world.table.write("keyferry", "sys-head", &json!({"position": "1"}));
    let error = world.store.commit(&obstructed(change.shipment()), &version).await.unwrap_err();
    assert!(matches!(&error, StoreError::Unavailable(text) if text.contains("`sys-head`")), "{error}");
    let waits = world.waits();
    assert_eq!(waits.len(), 99);
    assert!(
        waits.iter().all(|wait| (Duration::from_millis(10)..=Duration::from_millis(20)).contains(wait)),
        "{waits:?}"
    );
}

#[tokio::test]
async fn error_names_unexpected_event_row() {
    let world = World::new().await;
    let change = submitting();
    let id = change.shipment().id();
    let version = world.store.insert(&change).await.unwrap();
    let row = format!("sys-event-{id}-0000000002");
    world.table.write("keyferry", &row, &json!({"event": "{}"}));
    let next = obstructed(change.shipment());
    let error = world.store.commit(&next, &version).await.unwrap_err();
    assert!(matches!(&error, StoreError::Broken { reason, .. } if reason.contains(&row)), "{error}");
    assert_eq!(world.store.get(id).await.unwrap().unwrap().version, version, "neither record nor event may be written");
    world.table.remove("keyferry", &row);

    let feed = "sys-feed-00000000000000000002";
    world.table.write("keyferry", feed, &json!({"event": "{}"}));
    let error = world.store.commit(&next, &version).await.unwrap_err();
    assert!(matches!(&error, StoreError::Broken { reason, .. } if reason.contains(feed)), "{error}");
    world.table.remove("keyferry", feed);
    world.store.commit(&next, &version).await.expect("the unexpected rows were removed");
}

#[tokio::test]
async fn error_names_missing_event_row_of_a_repetition() {
    let world = World::new().await;
    let change = submitting();
    let id = change.shipment().id();
    let version = world.store.insert(&change).await.unwrap();
    let met = obstructed(change.shipment());
    let version = world.store.commit(&met, &version).await.unwrap();
    let row = format!("sys-event-{id}-0000000002");
    world.table.remove("keyferry", &row);
    let error = world.store.commit(&obstructed(met.shipment()), &version).await.unwrap_err();
    assert!(matches!(&error, StoreError::Broken { reason, .. } if reason.contains(&row)), "{error}");
}

#[tokio::test]
async fn repetition_does_not_advance_the_head() {
    let world = World::new().await;
    let change = submitting();
    let version = world.store.insert(&change).await.unwrap();
    let met = obstructed(change.shipment());
    let version = world.store.commit(&met, &version).await.unwrap();
    world.replica().insert(&submitting()).await.unwrap();
    world.table.next([]);
    world.store.commit(&obstructed(met.shipment()), &version).await.unwrap();
    assert_eq!(world.table.methods(), ["GET", "POST"]);
    assert_eq!(positions(&world).await, ["1", "2", "3"]);
}

/// Rows after the head are not committed: another event may still get a lower position.
#[tokio::test]
async fn reader_stops_at_the_head() {
    let world = World::new().await;
    let change = submitting();
    world.store.insert(&change).await.unwrap();
    let row = json!({"event": serde_json::to_string(&change.events()[0]).unwrap(), "event_parts": 1,
        "shipment": change.shipment().id().to_string()});
    world.table.write("keyferry", "sys-feed-00000000000000000003", &row);
    assert_eq!(positions(&world).await, ["1"]);
    world.table.write("keyferry", "sys-head", &json!({"position": "3"}));
    assert_eq!(positions(&world).await, ["1", "3"]);
    world.table.next([]);
    let last = EventCursor("3".into());
    assert_eq!(world.store.events_after(&last, 10).await.unwrap(), []);
    assert_eq!(world.table.methods(), ["GET"], "at the end of the feed only the head is read");
}

#[tokio::test]
async fn lost_head_is_rebuilt_from_the_last_event() {
    let world = World::new().await;
    world.store.insert(&submitting()).await.unwrap();
    world.store.insert(&submitting()).await.unwrap();
    world.table.remove("keyferry", "sys-head");
    let replica = world.replica();
    replica.insert(&submitting()).await.unwrap();
    world.store.insert(&submitting()).await.unwrap();
    assert_eq!(positions(&world).await, ["1", "2", "3", "4"]);
    let beyond = world.store.events_after(&EventCursor("5".into()), 10).await.unwrap_err();
    assert!(matches!(&beyond, StoreError::Broken { reason, .. } if reason.contains("restored")), "{beyond}");
    world.table.write("keyferry", "sys-head", &json!({"position": "four"}));
    let error = world.store.insert(&submitting()).await.unwrap_err();
    assert!(matches!(&error, StoreError::Unavailable(text) if text.contains("`sys-head`")), "{error}");
}

#[tokio::test]
async fn rejects_change_with_too_many_events() {
    let world = World::new().await;
    let change = submitting();
    let version = world.store.insert(&change).await.unwrap();
    let mut next = obstructed(change.shipment());
    for number in 0..60 {
        let mut met = obstacle();
        met.summary = format!("look-up {number}");
        next = next.then(|shipment| shipment.meet(met));
    }
    world.table.next([]);
    let error = world.store.commit(&next, &version).await.unwrap_err();
    assert!(matches!(&error, StoreError::Broken { reason, .. } if reason.contains("one transaction")), "{error}");
    assert_eq!(world.table.methods(), ["GET"]);
}

#[tokio::test]
async fn next_deletion_finishes_an_interrupted_one() {
    let world = World::new().await;
    let (one, other) = (accepted(), accepted());
    let first = world.store.insert(&one).await.unwrap();
    let second = world.store.insert(&other).await.unwrap();
    // The record is deleted, then every write fails.
    let forbidden = || Refused(403, "AuthorizationPermissionMismatch");
    world.table.next_writes([None, forbidden(), forbidden(), forbidden()]);
    world.store.delete(one.shipment().id(), &first).await.expect("the record is deleted");
    let id = one.shipment().id();
    assert!(world.store.get(id).await.unwrap().is_none());
    assert!(world.store.find(one.shipment().phase().delivery_id().unwrap()).await.unwrap().is_none());
    assert!(world.table.keys("keyferry").contains(&format!("sys-deleted-{id}")));
    assert_eq!(world.intact().await.deleted, 1, "the entry of the deletion is written with it");

    world.table.next([]);
    world.replica().delete(other.shipment().id(), &second).await.unwrap();
    assert!(world.rows_but_keys().iter().all(|key| key.starts_with("sys-feed-") || key == "sys-head"));
    assert_eq!(world.store.events_after(&EventCursor::start(), 10).await.unwrap(), []);
    let summary = world.intact().await;
    assert_eq!((summary.entries, summary.deleted), (6, 2));
}

#[tokio::test]
async fn deletes_record_although_an_index_entry_is_missing() {
    let world = World::new().await;
    let change = accepted();
    let version = world.store.insert(&change).await.unwrap();
    let entry = world.table.keys("keyferry").into_iter().find(|key| key.starts_with("sys-term-")).unwrap();
    // The entry disappears between the read and the transaction.
    world.table.next_writes([Refused(404, "ResourceNotFound")]);
    world.table.remove("keyferry", &entry);
    world.store.delete(change.shipment().id(), &version).await.unwrap();
    assert!(world.rows_but_keys().iter().all(|key| key.starts_with("sys-feed-") || key == "sys-head"));
    assert!(world.store.find(change.shipment().phase().delivery_id().unwrap()).await.unwrap().is_none());
}
