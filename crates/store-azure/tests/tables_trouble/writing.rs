//! Tests of writes whose answer is lost: they must take effect exactly once.

use std::time::Duration;

use keyferry_conformance::samples::{accepted, at, obstructed, submitting};
use keyferry_domain::ports::{Claim, EventCursor, IdempotencyRecord, Reservation, StoreError, Version};
use keyferry_domain::{CallerId, Change, IdempotencyStore, LeaseStore, ShipmentStore};
use serde_json::json;

use super::World;
use super::double::Fault::{
    self, Busy, Cut, DoneAndCut, DoneBut, DoneButAnswers, DoneWithAnotherId, DoneWithoutETags, None, Refused,
};

/// Faults where the write is executed but its answer is lost.
pub(super) const LOST: [Fault; 4] =
    [DoneBut(500, "OperationTimedOut"), DoneBut(503, "ServerBusy"), DoneAndCut, DoneWithAnotherId];

/// Faults where the write is not executed.
pub(super) const UNDONE: [Fault; 3] = [Refused(500, "InternalError"), Refused(503, "ServerBusy"), Cut];

/// Invalid or incomplete answers to an executed transaction.
const INVALID_ANSWERS: [Fault; 6] = [
    DoneButAnswers(
        "multipart/mixed; boundary=b",
        "--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n\
         --c\r\nContent-Type: application/http\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n\r\n\
         --c\r\nContent-Type: application/http\r\n\r\nHTTP/1.1 400 Bad Request\r\n\r\n\r\n--c--\r\n--b--\r\n",
    ),
    DoneWithoutETags,
    DoneButAnswers("application/json", "{}"),
    DoneButAnswers("multipart/mixed; boundary=b", ""),
    DoneButAnswers(
        "multipart/mixed; boundary=b",
        "--b\r\nContent-Type: application/http\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n\r\n--b--",
    ),
    DoneButAnswers(
        "multipart/mixed; boundary=b",
        "--b\r\nContent-Type: application/http\r\n\r\nHTTP/1.1 two\r\n\r\n\r\n--b--",
    ),
];

/// Asserts that record, version and number of events are as expected.
async fn assert_stored(world: &World, change: &Change, version: &Version, events: usize, fault: &Fault) {
    let id = change.shipment().id();
    let found = world.store.get(id).await.unwrap().unwrap();
    assert_eq!((found.shipment(), &found.version), (change.shipment(), version), "{fault:?}");
    assert_eq!(world.store.events(id, 0, 100).await.unwrap().len(), events, "{fault:?}");
    let feed = world.store.events_after(&EventCursor::start(), 100).await.unwrap();
    assert_eq!(feed.len(), events, "{fault:?}");
    assert_eq!(world.intact().await.entries, events as u64, "{fault:?}");
}

#[tokio::test]
async fn inserts_once_if_answer_is_lost() {
    for fault in LOST.into_iter().chain(UNDONE).chain(INVALID_ANSWERS) {
        let world = World::new().await;
        let change = submitting();
        world.table.next_writes([fault.clone()]);
        let version = world.store.insert(&change).await.unwrap();
        assert_stored(&world, &change, &version, 1, &fault).await;
        let next = obstructed(change.shipment());
        let version = world.store.commit(&next, &version).await.expect("the version is current");
        assert_stored(&world, &next, &version, 2, &fault).await;
    }
}

#[tokio::test]
async fn insert_fails_if_row_of_another_writer_exists() {
    let world = World::new().await;
    let change = submitting();
    world.table.write("keyferry", &change.shipment().id().to_string(), &json!({"write": "another"}));
    for fault in [None, Refused(500, "InternalError")] {
        world.table.next_writes([fault]);
        assert!(matches!(world.store.insert(&change).await, Err(StoreError::Exists(_))));
    }
}

#[tokio::test]
async fn commits_once_if_answer_is_lost() {
    for fault in LOST.into_iter().chain(UNDONE).chain(INVALID_ANSWERS) {
        let world = World::new().await;
        let change = submitting();
        let version = world.store.insert(&change).await.unwrap();
        let next = obstructed(change.shipment());
        world.table.next_writes([fault.clone()]);
        let version = world.store.commit(&next, &version).await.unwrap();
        assert_stored(&world, &next, &version, 2, &fault).await;
        world.store.delete(change.shipment().id(), &version).await.expect("the version is current");
    }
}

#[tokio::test]
async fn commit_conflicts_with_another_writer() {
    for fault in [None, Refused(500, "InternalError")] {
        let world = World::new().await;
        let change = submitting();
        let version = world.store.insert(&change).await.unwrap();
        world.table.write("keyferry", &change.shipment().id().to_string(), &json!({"write": "another"}));
        world.table.next_writes([fault]);
        let answer = world.store.commit(&obstructed(change.shipment()), &version).await;
        assert!(matches!(answer, Err(StoreError::Conflict(_))));
        assert_eq!(world.store.events(change.shipment().id(), 0, 100).await.unwrap(), change.events());
    }
}

#[tokio::test]
async fn deletes_if_answer_is_lost() {
    // The writes of a deletion: the record, its events, and the note about remaining events.
    for (place, fault) in (0..3).flat_map(|place| LOST.into_iter().chain(UNDONE).map(move |fault| (place, fault))) {
        let world = World::new().await;
        let change = submitting();
        let version = world.store.insert(&change).await.unwrap();
        world.table.next_writes(std::iter::repeat_n(None, place).chain([fault.clone()]));
        world.store.delete(change.shipment().id(), &version).await.unwrap();
        let expected = ["sys-feed-00000000000000000001", "sys-feed-00000000000000000002", "sys-head"];
        assert_eq!(world.rows_but_keys(), expected, "{place} {fault:?}");
        let summary = world.intact().await;
        assert_eq!((summary.entries, summary.deleted), (2, 1), "{place} {fault:?}");
        assert_eq!(world.table.column("keyferry", expected[0], "event"), "", "{place} {fault:?}");
    }
}

#[tokio::test]
async fn claims_leases_and_idempotency_keys_survive_lost_answers() {
    let claim = Claim { holder: "a".into(), until: at(60) };
    for fault in LOST.into_iter().chain(UNDONE) {
        let world = World::new().await;
        let change = submitting();
        let id = change.shipment().id();
        let version = world.store.insert(&change).await.unwrap();
        world.table.next([None, fault.clone()]);
        let version = world.store.claim(id, &version, &claim, at(0)).await.unwrap();
        assert_eq!(world.store.get(id).await.unwrap().unwrap().version, version);

        for _ in 0..2 {
            world.table.next([None, fault.clone()]);
            assert!(world.store.take_lease("schedules", &claim, at(0)).await.unwrap(), "{fault:?}");
        }
        let record = IdempotencyRecord {
            caller: CallerId::new("a"),
            key: "k".into(),
            body_hash: "ab".into(),
            shipment: id,
            at: at(0),
        };
        world.table.next([fault.clone()]);
        assert_eq!(world.store.reserve(&record).await.unwrap(), Reservation::Made, "{fault:?}");
    }
}

#[tokio::test]
async fn writes_index_and_record_together() {
    let world = World::new().await;
    let change = accepted();
    let delivery_id = change.shipment().phase().delivery_id().unwrap();
    world.table.next_writes([Refused(403, "AuthorizationPermissionMismatch")]);
    assert!(world.store.insert(&change).await.is_err());
    assert!(world.table.keys("keyferry").is_empty());
    assert!(world.store.find(delivery_id).await.unwrap().is_none());
    world.store.insert(&change).await.unwrap();
    assert!(world.store.find(delivery_id).await.unwrap().is_some());
}

#[tokio::test]
async fn follows_retry_after_and_gives_up_after_four_attempts() {
    let world = World::new().await;
    world.table.next_writes([Busy(503, 4), Busy(429, 600), Refused(503, "ServerBusy")]);
    world.store.insert(&submitting()).await.unwrap();
    let (seconds, millis) = (Duration::from_secs, Duration::from_millis);
    assert_eq!(world.waits(), [seconds(4), seconds(10), millis(1200)], "requested, requested but too long, our own");

    world.table.next(std::iter::repeat_n(Refused(503, "ServerBusy"), 9));
    let error = world.store.insert(&submitting()).await.unwrap_err();
    assert!(matches!(&error, StoreError::Unavailable(text) if text.contains("503 ServerBusy")), "{error}");
    assert_eq!(world.table.methods(), ["POST"; 4]);
}

#[tokio::test]
async fn probe_is_a_write_that_is_repeated_until_it_is_answered() {
    for fault in LOST.into_iter().chain(UNDONE) {
        let world = World::new().await;
        for _ in 0..2 {
            world.table.next([fault.clone()]);
            world.store.prove_write().await.unwrap();
            assert_eq!(world.table.methods(), ["PATCH", "PATCH"], "{fault:?}");
        }
        assert_eq!(world.table.keys("keyferry-leases"), ["write_probe"], "{fault:?}");
        assert_eq!(world.table.keys("keyferry"), [] as [String; 0], "{fault:?}");
    }
    let world = World::new().await;
    world.table.next([Refused(403, "AuthorizationPermissionMismatch")]);
    let error = world.store.prove_write().await.unwrap_err().to_string();
    assert!(error.contains("Storage Table Data Contributor"), "{error}");
}
