//! People who leave while their key is on its way.

use std::sync::Arc;

use keyferry_domain::{EventKind, ObstacleClass, UserRef};
use keyferry_engine::{Engine, Release, ResendError, Run};

use crate::queue::{enqueue, queued};
use crate::support::world::{ada, caller, hour_later};
use crate::support::{Call, Trouble, World, lock};

fn obstacle(world: &Arc<World>, id: keyferry_domain::ShipmentId) -> (ObstacleClass, String) {
    let shipment = world.shipment(id);
    let obstacle = shipment.obstacle().unwrap();
    (obstacle.class, obstacle.code.clone())
}

async fn shipped() -> (Arc<World>, Engine, keyferry_domain::ShipmentId) {
    let world = World::new();
    let engine = world.engine();
    let created = world.shipped(&engine).await;
    (world, engine, created.shipment)
}

/// No call more than for a person who stays.
#[tokio::test]
async fn key_of_a_disabled_account_is_parked_before_it_is_registered() {
    let (stays, engine, _) = shipped().await;
    engine.processing.run(Run::All).await;
    let calls = stays.faults.count(Call::Manager) + stays.faults.count(Call::Person);
    assert_eq!((stays.methods(0), stays.sent().len()), (1, 1));

    let (world, engine, id) = shipped().await;
    lock(&world.people).users[0].enabled = false;
    engine.processing.run(Run::All).await;
    assert_eq!(obstacle(&world, id), (ObstacleClass::Attention, "account-disabled".to_owned()));
    assert_eq!((world.phase(id), world.methods(0), world.sent().len()), ("fulfilled", 0, 0));
    assert!(world.shipment(id).error_message().unwrap().contains("person left"));
    // The account is enabled again.
    lock(&world.people).users[0].enabled = true;
    hour_later(&world, &engine).await;
    assert_eq!((world.phase(id), world.methods(0), world.sent().len()), ("complete", 1, 1));
    let with_a_second_attempt = world.faults.count(Call::Manager) + world.faults.count(Call::Person);
    assert!(with_a_second_attempt <= calls + 1, "{with_a_second_attempt} {calls}");
}

#[tokio::test]
async fn key_of_a_deleted_user_is_parked_before_it_is_registered() {
    let (world, engine, id) = shipped().await;
    let user = lock(&world.people).users.remove(0);
    engine.processing.run(Run::All).await;
    assert_eq!(obstacle(&world, id), (ObstacleClass::Attention, "account-gone".to_owned()));
    assert_eq!((world.phase(id), world.faults.count(Call::Register)), ("fulfilled", 0));
    lock(&world.people).users.insert(0, user);
    hour_later(&world, &engine).await;
    assert_eq!(world.phase(id), "complete");
}

/// The account is disabled between registration and PIN.
#[tokio::test]
async fn pin_of_a_disabled_account_is_held() {
    let (world, engine, id) = shipped().await;
    world.faults.once(Call::Deliver, crate::support::trouble::status(503));
    engine.processing.run(Run::All).await;
    assert_eq!(world.phase(id), "registered");
    lock(&world.people).users[0].enabled = false;
    hour_later(&world, &engine).await;
    assert_eq!(obstacle(&world, id).1, "account-disabled");
    assert_eq!((world.phase(id), world.sent().len()), ("registered", 0));
}

const LEFT: &str = "she left";

/// Ada has a complete key, one in the mail and one that waits for the factory.
async fn three() -> (Arc<World>, Engine, [keyferry_domain::ShipmentId; 3]) {
    let world = World::new();
    let engine = world.engine();
    let complete = world.completed(&engine).await;
    let shipped = world.shipped(&engine).await;
    world.faults.once(Call::Register, crate::support::trouble::status(403));
    engine.processing.run(Run::All).await;
    assert_eq!(world.phase(shipped.shipment), "fulfilled");
    let ordered = world.ordered(&engine).await;
    (world, engine, [complete.shipment, shipped.shipment, ordered.shipment])
}

fn assert_ended(world: &Arc<World>, ids: [keyferry_domain::ShipmentId; 3], case: &str) {
    assert_eq!(world.methods(0), 0, "{case}");
    let [complete, shipped, ordered] = ids;
    assert!(world.shipment(complete).key_revoked_at().is_some(), "{case}");
    assert_eq!((world.phase(complete), world.phase(shipped)), ("complete", "cancelling"), "{case}");
    assert!(matches!(world.phase(ordered), "cancelling" | "cancelled"), "{case}");
    for (id, kind) in [(complete, EventKind::Revoked), (shipped, EventKind::CancelRequested)] {
        let times = world.events(id).iter().filter(|event| event.kind == kind).count();
        assert_eq!(times, 1, "{case}: {kind:?}");
    }
}

#[tokio::test]
async fn offboarding_ends_everything_once_and_names_what_is_left() {
    let (world, engine, ids) = three().await;
    let done = engine.operator.offboard(&ada(), caller(), LEFT).await.unwrap();
    assert!(done.is_complete(), "{done:?}");
    // Shipments of the same instant have no order.
    let of = |id| done.shipments.iter().find(|one| one.shipment == id).unwrap();
    let seen = ids.map(|id| (of(id).revoked, of(id).cancelled));
    assert_eq!(seen, [(true, false), (false, true), (false, true)]);
    let by_hand = ids.map(|id| of(id).by_hand.unwrap_or_default());
    assert!(by_hand[0].contains("Take the key back") && by_hand[1].contains("Recall the parcel"), "{by_hand:?}");
    assert_ended(&world, ids, "first");
    let again = engine.operator.offboard(&ada(), caller(), LEFT).await.unwrap();
    assert!(again.is_complete() && again.shipments.iter().all(|one| !one.revoked && !one.cancelled), "{again:?}");
    assert_ended(&world, ids, "again");
    // No run releases or registers anything any more.
    let sent = world.sent().len();
    for _ in 0..3 {
        hour_later(&world, &engine).await;
    }
    assert_eq!((world.sent().len(), world.methods(0)), (sent, 0));
    let resent = engine.operator.resend_pin(&ids[0].to_string(), caller(), Release::default()).await;
    assert!(matches!(resent, Err(ResendError::Revoked(_))), "{resent:?}");
}

/// An order in the queue is known only by the name that its caller used.
#[tokio::test]
async fn offboarding_finds_orders_under_the_other_name() {
    let world = World::new();
    let engine = world.engine();
    let id = lock(&world.people).users[0].object_id;
    let by_name = enqueue(&engine, queued(ada())).await;
    let by_id = enqueue(&engine, queued(UserRef::ObjectId(id))).await;
    world.faults.once(Call::Account, crate::support::trouble::status(503));
    let user = UserRef::ObjectId(id);
    let done = engine.operator.offboard(&user, caller(), LEFT).await.unwrap();
    assert!(!done.is_complete() && done.failed.is_some(), "{done:?}");
    assert_eq!((world.phase(by_name), world.phase(by_id)), ("queued", "cancelled"));
    let done = engine.operator.offboard(&user, caller(), LEFT).await.unwrap();
    assert!(done.is_complete(), "{done:?}");
    assert_eq!((world.phase(by_name), world.phase(by_id)), ("cancelled", "cancelled"));
    let by_id = enqueue(&engine, queued(user)).await;
    assert!(engine.operator.offboard(&ada(), caller(), LEFT).await.unwrap().is_complete());
    assert_eq!(world.phase(by_id), "cancelled");
}

/// A failing side stops neither the other steps nor a repetition.
#[tokio::test]
async fn failing_revocation_does_not_prevent_cancellations() {
    let (world, engine, ids) = three().await;
    world.faults.once(Call::DeleteMethod, crate::support::trouble::status(503));
    let done = engine.operator.offboard(&ada(), caller(), LEFT).await.unwrap();
    assert!(
        !done.is_complete() && done.shipments.iter().any(|one| one.shipment == ids[0] && one.failed.is_some()),
        "{done:?}"
    );
    assert_eq!((world.phase(ids[1]), world.methods(0)), ("cancelling", 1));
    assert!(engine.operator.offboard(&ada(), caller(), LEFT).await.unwrap().is_complete());
    assert_ended(&world, ids, "repeated");
}

/// Nobody repeats the request: what was committed before the crash, runs finish.
#[tokio::test]
async fn offboarding_survives_a_crash_at_every_call() {
    let (mut finished, mut by_runs) = (0, 0);
    for (number, done) in (0..120).flat_map(|number| [(number, false), (number, true)]) {
        let (world, _, ids) = three().await;
        let (engine, life) = world.living_engine(|_| {});
        world.faults.at(world.faults.total() + number, Trouble::Crash { done });
        let user = ada();
        let ended = tokio::select! {
            result = engine.operator.offboard(&user, caller(), LEFT) => { result.unwrap(); true }
            () = life.ended() => false,
        };
        world.faults.heal();
        let next = world.engine();
        // Claims of the dead process expire.
        world.clock.pass(std::time::Duration::from_secs(600));
        let case = format!("call {number}, done {done}");
        let is_committed = ids.iter().all(|id| world.shipment(*id).withdrawal().is_some());
        match is_committed {
            true => _ = next.processing.run(Run::All).await,
            false => assert!(next.operator.offboard(&ada(), caller(), LEFT).await.unwrap().is_complete(), "{case}"),
        }
        by_runs += usize::from(is_committed && !ended);
        assert_ended(&world, ids, &case);
        finished += usize::from(ended);
        if finished == 4 {
            assert!(by_runs > 10, "{by_runs}");
            return;
        }
    }
    panic!("the act needs more calls than were tried");
}

/// The order is accepted while its person leaves.
#[tokio::test]
async fn order_that_is_being_sent_is_cancelled_when_its_outcome_is_known() {
    let world = World::new();
    let engine = world.engine();
    let go = Arc::new(tokio::sync::Notify::new());
    world.faults.once(Call::Order, Trouble::Hold(go.clone()));
    let (ordering, ordered) = (world.clone(), engine.clone());
    let order = tokio::spawn(async move { ordering.ordered(&ordered).await });
    while world.faults.count(Call::Order) == 0 {
        tokio::task::yield_now().await;
    }
    let other = world.engine();
    let done = other.operator.offboard(&ada(), caller(), LEFT).await.unwrap();
    assert!(!done.is_complete() && done.shipments[0].failed.as_ref().unwrap().contains("being sent"), "{done:?}");
    go.notify_one();
    let created = order.await.unwrap();
    assert_eq!(world.phase(created.shipment), "accepted");
    world.ship(&created.delivery_id);
    hour_later(&world, &other).await;
    assert_eq!((world.phase(created.shipment), world.methods(0), world.sent().len()), ("cancelling", 0, 0));
}

/// A run registered the key, and its process died before it could record that.
#[tokio::test]
async fn passkey_that_an_interrupted_run_registered_is_removed_too() {
    let world = World::new();
    let (dying, life) = world.living_engine(|_| {});
    let created = world.shipped(&dying).await;
    world.faults.once(Call::Register, Trouble::Crash { done: true });
    tokio::select! {
        _ = dying.processing.run(Run::All) => panic!("it must die"),
        () = life.ended() => {}
    }
    assert_eq!((world.phase(created.shipment), world.methods(0)), ("fulfilled", 1));
    world.clock.pass(std::time::Duration::from_secs(600));
    let engine = world.engine();
    // Whether there is one is not known while the identity provider does not answer.
    world.faults.once(Call::Find, crate::support::trouble::status(503));
    let done = engine.operator.offboard(&ada(), caller(), LEFT).await.unwrap();
    assert!(!done.is_complete() && world.methods(0) == 1, "{done:?}");
    hour_later(&world, &engine).await;
    assert_eq!((world.phase(created.shipment), world.methods(0)), ("cancelling", 0));
    let last = world.events(created.shipment).into_iter().find(|event| event.kind == EventKind::CancelRequested);
    assert!(last.unwrap().detail.contains("an interrupted run had registered"));
}
