//! Tests of writes whose answer is lost: they must take effect exactly once.

use std::time::Duration;

use keyferry_conformance::samples::{accepted, at, obstructed, submitting};
use keyferry_domain::ports::{Claim, EventCursor, IdempotencyRecord, Reservation, StoreError, Version};
use keyferry_domain::{CallerId, Change, IdempotencyStore, LeaseStore, ShipmentStore};
use serde_json::json;

use super::World;
use super::double::Trouble::{self, Busy, Cut, DoneAndCut, DoneBut, DoneButSays, DoneWithoutETags, None, Refused};

/// Faults where the write is executed but its answer is lost.
pub(super) const LOST: [Trouble; 3] = [DoneBut(500, "OperationTimedOut"), DoneBut(503, "ServerBusy"), DoneAndCut];

/// Faults where the write is not executed.
pub(super) const UNDONE: [Trouble; 3] = [Refused(500, "InternalError"), Refused(503, "ServerBusy"), Cut];

/// Invalid or incomplete answers to an executed transaction.
const NONSENSE: [Trouble; 6] = [
    DoneButSays(
        "multipart/mixed; boundary=b",
        "--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n\
         --c\r\nContent-Type: application/http\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n\r\n\
         --c\r\nContent-Type: application/http\r\n\r\nHTTP/1.1 400 Bad Request\r\n\r\n\r\n--c--\r\n--b--\r\n",
    ),
    DoneWithoutETags,
    DoneButSays("application/json", "{}"),
    DoneButSays("multipart/mixed; boundary=b", ""),
    DoneButSays(
        "multipart/mixed; boundary=b",
        "--b\r\nContent-Type: application/http\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n\r\n--b--",
    ),
    DoneButSays(
        "multipart/mixed; boundary=b",
        "--b\r\nContent-Type: application/http\r\n\r\nHTTP/1.1 two\r\n\r\n\r\n--b--",
    ),
];

/// Asserts that record, version and number of events are as expected.
async fn assert_stored(world: &World, change: &Change, version: &Version, events: usize, trouble: &Trouble) {
    let id = change.shipment().id();
    let found = world.store.get(id).await.unwrap().unwrap();
    assert_eq!((found.shipment(), &found.version), (change.shipment(), version), "{trouble:?}");
    assert_eq!(world.store.events(id, 0, 100).await.unwrap().len(), events, "{trouble:?}");
    let feed = world.store.events_after(&EventCursor::start(), 100).await.unwrap();
    assert_eq!(feed.len(), events, "{trouble:?}");
}

#[tokio::test]
async fn inserts_once_if_answer_is_lost() {
    for trouble in LOST.into_iter().chain(UNDONE).chain(NONSENSE) {
        let world = World::new().await;
        let change = submitting();
        world.table.next_writes([trouble.clone()]);
        let version = world.store.insert(&change).await.unwrap();
        assert_stored(&world, &change, &version, 1, &trouble).await;
        let next = obstructed(change.shipment());
        let version = world.store.commit(&next, &version).await.expect("the version is current");
        assert_stored(&world, &next, &version, 2, &trouble).await;
    }
}

#[tokio::test]
async fn insert_fails_if_row_of_another_writer_exists() {
    let world = World::new().await;
    let change = submitting();
    world.table.write("keyferry", &change.shipment().id().to_string(), &json!({"write": "another"}));
    for trouble in [None, Refused(500, "InternalError")] {
        world.table.next_writes([trouble]);
        assert!(matches!(world.store.insert(&change).await, Err(StoreError::Exists(_))));
    }
}

#[tokio::test]
async fn commits_once_if_answer_is_lost() {
    for trouble in LOST.into_iter().chain(UNDONE).chain(NONSENSE) {
        let world = World::new().await;
        let change = submitting();
        let version = world.store.insert(&change).await.unwrap();
        let next = obstructed(change.shipment());
        world.table.next_writes([trouble.clone()]);
        let version = world.store.commit(&next, &version).await.unwrap();
        assert_stored(&world, &next, &version, 2, &trouble).await;
        world.store.delete(change.shipment().id(), &version).await.expect("the version is current");
    }
}

#[tokio::test]
async fn commit_conflicts_with_another_writer() {
    for trouble in [None, Refused(500, "InternalError")] {
        let world = World::new().await;
        let change = submitting();
        let version = world.store.insert(&change).await.unwrap();
        world.table.write("keyferry", &change.shipment().id().to_string(), &json!({"write": "another"}));
        world.table.next_writes([trouble]);
        let answer = world.store.commit(&obstructed(change.shipment()), &version).await;
        assert!(matches!(answer, Err(StoreError::Conflict(_))));
        assert_eq!(world.store.events(change.shipment().id(), 0, 100).await.unwrap(), change.events());
    }
}

#[tokio::test]
async fn deletes_if_answer_is_lost() {
    // The writes of a deletion: the record, its events, and the note about remaining events.
    for (place, trouble) in (0..3).flat_map(|place| LOST.into_iter().chain(UNDONE).map(move |trouble| (place, trouble)))
    {
        let world = World::new().await;
        let change = submitting();
        let version = world.store.insert(&change).await.unwrap();
        world.table.next_writes(std::iter::repeat_n(None, place).chain([trouble.clone()]));
        world.store.delete(change.shipment().id(), &version).await.unwrap();
        assert_eq!(world.table.keys("keyferry"), ["sys-head"], "{place} {trouble:?}");
    }
}

#[tokio::test]
async fn claims_leases_and_idempotency_keys_survive_lost_answers() {
    let claim = Claim { holder: "a".into(), until: at(60) };
    for trouble in LOST.into_iter().chain(UNDONE) {
        let world = World::new().await;
        let change = submitting();
        let id = change.shipment().id();
        let version = world.store.insert(&change).await.unwrap();
        world.table.next([None, trouble.clone()]);
        let version = world.store.claim(id, &version, &claim, at(0)).await.unwrap();
        assert_eq!(world.store.get(id).await.unwrap().unwrap().version, version);

        for _ in 0..2 {
            world.table.next([None, trouble.clone()]);
            assert!(world.store.take_lease("schedules", &claim, at(0)).await.unwrap(), "{trouble:?}");
        }
        let record = IdempotencyRecord {
            caller: CallerId::new("a"),
            key: "k".into(),
            body_hash: "ab".into(),
            shipment: id,
            at: at(0),
        };
        world.table.next([trouble.clone()]);
        assert_eq!(world.store.reserve(&record).await.unwrap(), Reservation::Made, "{trouble:?}");
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
