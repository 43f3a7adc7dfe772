//! A write whose answer was lost is neither taken for undone nor done twice.

use std::time::Duration;

use keyferry_conformance::samples::{accepted, at, obstructed, submitting};
use keyferry_domain::ports::{Claim, EventCursor, IdempotencyRecord, Reservation, StoreError, Version};
use keyferry_domain::{CallerId, Change, IdempotencyStore, LeaseStore, ShipmentStore};
use serde_json::json;

use super::World;
use super::double::Trouble::{self, Busy, Cut, DoneAndCut, DoneBut, DoneButSays, DoneWithoutETags, None, Refused};

/// All the ways in which an answer is lost although the write is done.
pub(super) const LOST: [Trouble; 3] = [DoneBut(500, "OperationTimedOut"), DoneBut(503, "ServerBusy"), DoneAndCut];

/// The same where it is not done.
pub(super) const UNDONE: [Trouble; 3] = [Refused(500, "InternalError"), Refused(503, "ServerBusy"), Cut];

/// Answers to a transaction that was done which cannot be understood, or do not say all.
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

/// The record, its version and its events are those of the change, once.
async fn assert_stored(world: &World, change: &Change, version: &Version, events: usize, trouble: &Trouble) {
    let id = change.shipment().id();
    let found = world.store.get(id).await.unwrap().unwrap();
    assert_eq!((found.shipment(), &found.version), (change.shipment(), version), "{trouble:?}");
    assert_eq!(world.store.events(id, 0, 100).await.unwrap().len(), events, "{trouble:?}");
    let told = world.store.events_after(&EventCursor::start(), 100).await.unwrap();
    assert_eq!(told.len(), events, "{trouble:?}");
}

#[tokio::test]
async fn an_insert_is_done_once_however_its_answer_is_lost() {
    for trouble in LOST.into_iter().chain(UNDONE).chain(NONSENSE) {
        let world = World::new().await;
        let change = submitting();
        world.table.next_writes([trouble.clone()]);
        let version = world.store.insert(&change).await.unwrap();
        assert_stored(&world, &change, &version, 1, &trouble).await;
        let next = obstructed(change.shipment());
        let version = world.store.commit(&next, &version).await.expect("the version is the row's");
        assert_stored(&world, &next, &version, 2, &trouble).await;
    }
}

#[tokio::test]
async fn somebody_elses_row_is_not_taken_for_ours() {
    let world = World::new().await;
    let change = submitting();
    world.table.write("keyferry", &change.shipment().id().to_string(), &json!({"write": "another"}));
    for trouble in [None, Refused(500, "InternalError")] {
        world.table.next_writes([trouble]);
        assert!(matches!(world.store.insert(&change).await, Err(StoreError::Exists(_))));
    }
}

#[tokio::test]
async fn a_commit_is_done_once_however_its_answer_is_lost() {
    for trouble in LOST.into_iter().chain(UNDONE).chain(NONSENSE) {
        let world = World::new().await;
        let change = submitting();
        let version = world.store.insert(&change).await.unwrap();
        let next = obstructed(change.shipment());
        world.table.next_writes([trouble.clone()]);
        let version = world.store.commit(&next, &version).await.unwrap();
        assert_stored(&world, &next, &version, 2, &trouble).await;
        world.store.delete(change.shipment().id(), &version).await.expect("the version is the row's");
    }
}

#[tokio::test]
async fn a_commit_that_lost_against_somebody_else_is_a_conflict() {
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
async fn a_deletion_whose_answer_is_lost_is_done() {
    // Each write of a deletion: the record, its events, the note that they were still there.
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
async fn a_claim_a_lease_and_a_key_survive_lost_answers() {
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
async fn the_index_is_there_when_the_record_is_and_not_before() {
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
async fn a_busy_service_is_given_time_and_then_up() {
    let world = World::new().await;
    world.table.next_writes([Busy(503, 4), Busy(429, 600), Refused(503, "ServerBusy")]);
    world.store.insert(&submitting()).await.unwrap();
    let (seconds, millis) = (Duration::from_secs, Duration::from_millis);
    assert_eq!(world.waits(), [seconds(4), seconds(10), millis(1200)], "asked for, asked for too much, our own");

    world.table.next(std::iter::repeat_n(Refused(503, "ServerBusy"), 9));
    let error = world.store.insert(&submitting()).await.unwrap_err();
    assert!(matches!(&error, StoreError::Unavailable(text) if text.contains("503 ServerBusy")), "{error}");
    assert_eq!(world.table.methods(), ["POST"; 4]);
}
