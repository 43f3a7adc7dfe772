//! A write whose answer was lost is neither taken for undone nor done twice.

use std::time::Duration;

use keyferry_conformance::samples::{accepted, at, obstacle, submitting};
use keyferry_domain::ports::{Claim, IdempotencyRecord, Reservation, StoreError};
use keyferry_domain::{CallerId, IdempotencyStore, LeaseStore, Shipment, ShipmentStore};
use serde_json::json;

use super::World;
use super::double::Trouble::{self, Busy, Cut, DoneAndCut, DoneBut, None, Refused};

/// All the ways in which an answer is lost although the write is done.
const LOST: [Trouble; 3] = [DoneBut(500, "OperationTimedOut"), DoneBut(503, "ServerBusy"), DoneAndCut];

/// The same where it is not done.
const UNDONE: [Trouble; 3] = [Refused(500, "InternalError"), Refused(503, "ServerBusy"), Cut];

fn changed(shipment: &Shipment) -> Shipment {
    let mut shipment = shipment.clone();
    shipment.obstacle = Some(obstacle());
    shipment
}

#[tokio::test]
async fn an_insert_is_done_once_however_its_answer_is_lost() {
    for trouble in LOST.into_iter().chain(UNDONE) {
        let world = World::new().await;
        let shipment = submitting();
        world.table.next([trouble.clone()]);
        let version = world.store.insert(&shipment).await.unwrap();
        let found = world.store.get(shipment.id).await.unwrap().unwrap();
        assert_eq!((&found.shipment, &found.version), (&shipment, &version), "{trouble:?}");
        world.store.replace(&changed(&shipment), &version).await.expect("the version is the row's");
    }
}

#[tokio::test]
async fn somebody_elses_row_is_not_taken_for_ours() {
    let world = World::new().await;
    let shipment = submitting();
    world.table.write("keyferry", &shipment.id.to_string(), &json!({"write": "another"}));
    for trouble in [None, Refused(500, "InternalError")] {
        world.table.next([trouble]);
        assert!(matches!(world.store.insert(&shipment).await, Err(StoreError::Exists(_))));
    }
}

#[tokio::test]
async fn a_replacement_is_done_once_however_its_answer_is_lost() {
    for trouble in LOST.into_iter().chain(UNDONE) {
        let world = World::new().await;
        let shipment = submitting();
        let version = world.store.insert(&shipment).await.unwrap();
        world.table.next([trouble.clone()]);
        let version = world.store.replace(&changed(&shipment), &version).await.unwrap();
        let found = world.store.get(shipment.id).await.unwrap().unwrap();
        assert_eq!((found.shipment, &found.version), (changed(&shipment), &version), "{trouble:?}");
        world.store.delete(shipment.id, &version).await.expect("the version is the row's");
    }
}

#[tokio::test]
async fn a_replacement_that_lost_against_somebody_else_is_a_conflict() {
    for trouble in [None, Refused(500, "InternalError")] {
        let world = World::new().await;
        let shipment = submitting();
        let version = world.store.insert(&shipment).await.unwrap();
        world.table.write("keyferry", &shipment.id.to_string(), &json!({"write": "another"}));
        world.table.next([trouble]);
        assert!(matches!(world.store.replace(&changed(&shipment), &version).await, Err(StoreError::Conflict(_))));
    }
}

#[tokio::test]
async fn a_deletion_whose_answer_is_lost_is_done() {
    for trouble in LOST.into_iter().chain(UNDONE) {
        let world = World::new().await;
        let shipment = submitting();
        let version = world.store.insert(&shipment).await.unwrap();
        // The row is read first.
        world.table.next([None, trouble.clone()]);
        world.store.delete(shipment.id, &version).await.unwrap();
        assert!(world.table.rows("keyferry").is_empty(), "{trouble:?}");
    }
}

#[tokio::test]
async fn a_claim_a_lease_and_a_key_survive_lost_answers() {
    let claim = Claim { holder: "a".into(), until: at(60) };
    for trouble in LOST.into_iter().chain(UNDONE) {
        let world = World::new().await;
        let shipment = submitting();
        let version = world.store.insert(&shipment).await.unwrap();
        world.table.next([None, trouble.clone()]);
        let version = world.store.claim(shipment.id, &version, &claim, at(0)).await.unwrap();
        assert_eq!(world.store.get(shipment.id).await.unwrap().unwrap().version, version);

        for _ in 0..2 {
            world.table.next([None, trouble.clone()]);
            assert!(world.store.take_lease("schedules", &claim, at(0)).await.unwrap(), "{trouble:?}");
        }
        let record = IdempotencyRecord {
            caller: CallerId::new("a"),
            key: "k".into(),
            body_hash: "ab".into(),
            shipment: shipment.id,
            at: at(0),
        };
        world.table.next([trouble.clone()]);
        assert_eq!(world.store.reserve(&record).await.unwrap(), Reservation::Made, "{trouble:?}");
    }
}

#[tokio::test]
async fn the_index_is_there_before_the_record_says_so() {
    let world = World::new().await;
    let shipment = accepted();
    // The index: read, insert. Then the record, which is refused.
    world.table.next([None, None, Refused(403, "AuthorizationPermissionMismatch")]);
    assert!(world.store.insert(&shipment).await.is_err());
    assert_eq!(world.table.rows("keyferry-fulfilment-ids").len(), 1);
    assert!(world.store.find(shipment.phase.fulfilment_id().unwrap()).await.unwrap().is_none());
    world.store.insert(&shipment).await.unwrap();
    assert!(world.store.find(shipment.phase.fulfilment_id().unwrap()).await.unwrap().is_some());
}

#[tokio::test]
async fn a_busy_service_is_given_time_and_then_up() {
    let world = World::new().await;
    world.table.next([Busy(503, 4), Busy(429, 600), Refused(503, "ServerBusy")]);
    world.store.insert(&submitting()).await.unwrap();
    let (seconds, millis) = (Duration::from_secs, Duration::from_millis);
    assert_eq!(world.waits(), [seconds(4), seconds(10), millis(1200)], "asked for, asked for too much, our own");

    world.table.next(std::iter::repeat_n(Refused(503, "ServerBusy"), 9));
    let error = world.store.insert(&submitting()).await.unwrap_err();
    assert!(matches!(&error, StoreError::Unavailable(text) if text.contains("503 ServerBusy")), "{error}");
    assert_eq!(world.table.methods(), ["POST"; 4]);
}
