//! Idempotency keys.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use keyferry_domain::{Caller, CallerId};
use keyferry_engine::{CreateError, CreateRequest, Created};
use tokio::sync::Notify;

use crate::support::trouble::status;
use crate::support::world::{DAY, HOUR, ada, hour_later, request};
use crate::support::{Call, Trouble, World, lock};

fn keyed(key: &str, body: &str) -> CreateRequest {
    CreateRequest { idempotency: Some((key.into(), body.into())), ..request(ada()) }
}

#[tokio::test]
async fn same_key_and_body_return_same_response_and_one_order() {
    let world = World::new();
    let engine = world.engine();
    let first = engine.orders.create(keyed("k", "body")).await.unwrap();
    assert!(!first.replayed);
    let replayed = Created { replayed: true, ..first.clone() };
    assert_eq!(engine.orders.create(keyed("k", "body")).await.unwrap(), replayed);
    world.ship(&first.delivery_id);
    hour_later(&world, &engine).await;
    assert_eq!(world.engine().orders.create(keyed("k", "body")).await.unwrap(), replayed);
    assert_eq!(world.orders(), 1);
}

#[tokio::test]
async fn rejects_other_body_and_separates_callers() {
    let world = World::new();
    let engine = world.engine();
    engine.orders.create(keyed("k", "body")).await.unwrap();
    assert_eq!(engine.orders.create(keyed("k", "other")).await, Err(CreateError::IdempotencyKeyReused));
    let other = CreateRequest { caller: Caller::application(CallerId::new("another")), ..keyed("k", "other") };
    engine.orders.create(other).await.unwrap();
    assert_eq!(world.orders(), 2);
}

#[tokio::test]
async fn concurrent_requests_create_one_order() {
    for seed_turns in 0..20 {
        let world = World::new();
        let (here, there) = (world.engine(), world.engine());
        for _ in 0..seed_turns {
            world.chance.next();
        }
        let (first, second) =
            tokio::join!(here.orders.create(keyed("k", "body")), there.orders.create(keyed("k", "body")));
        let (first, second) = (first.unwrap(), second.unwrap());
        assert_eq!(first.delivery_id, second.delivery_id);
        assert!(first.replayed != second.replayed, "one of them is the first");
        assert_eq!(world.orders(), 1);
    }
}

#[tokio::test]
async fn second_request_is_rejected_while_first_is_in_progress() {
    let world = World::new();
    let engine = world.engine();
    let gate = Arc::new(Notify::new());
    world.faults.once(Call::Order, Trouble::Hold(gate.clone()));
    let second = async {
        world.faults.met(Call::Order).await;
        engine.orders.create(keyed("k", "body")).await
    };
    let (first, second) = tokio::join!(engine.orders.create(keyed("k", "body")), second);
    let CreateError::TimedOut { shipment: Some(shipment) } = first.unwrap_err() else { panic!("not timed out") };
    assert_eq!(second, Err(CreateError::IdempotencyKeyInUse));
    gate.notify_one();
    engine.shut_down().await;
    assert_eq!(engine.orders.create(keyed("k", "body")).await.unwrap().shipment, shipment);
    assert_eq!(world.orders(), 1);
}

#[tokio::test]
async fn timed_out_second_request_returns_shipment_of_first() {
    let world = World::new();
    let (engine, other) = (world.engine(), world.engine());
    let gate = Arc::new(Notify::new());
    world.faults.once(Call::Order, Trouble::Hold(gate.clone()));
    // The store hangs for the second request while it waits for the first.
    let second = async {
        world.faults.met(Call::Order).await;
        world.faults.once(Call::Get, Trouble::Hang { done: false });
        other.orders.create(keyed("k", "body")).await
    };
    let (first, second) = tokio::join!(engine.orders.create(keyed("k", "body")), second);
    let CreateError::TimedOut { shipment } = first.unwrap_err() else { panic!("not timed out") };
    assert!(shipment.is_some());
    assert_eq!(second, Err(CreateError::TimedOut { shipment }));
    gate.notify_one();
}

#[tokio::test]
async fn refused_order_releases_its_key() {
    let world = World::new();
    let engine = world.engine();
    for call in [Call::CreationOptions, Call::Order] {
        world.faults.once(call, status(400));
        assert!(matches!(engine.orders.create(keyed("k", "bad body")).await, Err(CreateError::Refused(_))));
        assert!(lock(&world.keys).0.is_empty());
    }
    engine.orders.create(keyed("k", "good body")).await.unwrap();
    assert_eq!(world.orders(), 1);
}

#[tokio::test]
async fn takes_over_key_that_was_not_released() {
    let world = World::new();
    let engine = world.engine();
    world.faults.once(Call::Order, status(400));
    world.faults.once(Call::ReleaseKey, Trouble::Lost { done: false });
    engine.orders.create(keyed("k", "body")).await.unwrap_err();
    engine.orders.create(keyed("k", "body")).await.unwrap();
    assert_eq!(world.orders(), 1);
}

#[tokio::test]
async fn repeated_request_after_lost_response_does_not_order_again() {
    let world = World::new();
    let engine = world.engine();
    world.faults.once(Call::Order, Trouble::Lost { done: true });
    let mut first = engine.orders.create(keyed("k", "body")).await.unwrap_err();
    assert!(matches!(first, CreateError::Unconfirmed { correlation: Some(_), .. }), "{first:?}");
    let mut again = engine.orders.create(keyed("k", "body")).await.unwrap_err();
    let CreateError::Unconfirmed { replayed, .. } = &mut again else { panic!("{again:?}") };
    assert!(std::mem::take(replayed));
    let CreateError::Unconfirmed { failure: of_this_call, .. } = &mut first else { panic!("{first:?}") };
    assert!(of_this_call.take().is_some());
    assert_eq!(again, first, "same message and correlation id");
    assert_eq!(world.orders(), 1);
}

#[tokio::test]
async fn key_creates_one_order_and_one_outcome_after_crash() {
    let steps = [Call::Reserve, Call::CreationOptions, Call::PutSecret, Call::Insert, Call::Order, Call::Commit];
    for (call, done) in steps.into_iter().flat_map(|call| [(call, false), (call, true)]) {
        let world = World::new();
        let (engine, life) = world.living_engine(|_| {});
        world.faults.once(call, Trouble::Crash { done });
        tokio::select! {
            _ = engine.orders.create(keyed("k", "body")) => panic!("the process should have died"),
            () = life.ended() => {}
        }
        world.clock.pass(HOUR);
        let next = world.engine();
        let again = next.orders.create(keyed("k", "body")).await;
        match (call, done) {
            (Call::Insert, true) | (Call::Order, _) | (Call::Commit, false) => {
                assert!(matches!(again, Err(CreateError::Unconfirmed { .. })), "{call:?} {done}: {again:?}");
            }
            _ => assert!(again.is_ok(), "{call:?} {done}: {again:?}"),
        }
        assert!(world.orders() <= 1, "{call:?} {done}");
        assert_eq!(next.orders.create(keyed("k", "body")).await.is_ok(), again.is_ok());
        assert!(lock(&world.delivery).orders.values().all(|times| *times == 1));
    }
}

#[tokio::test]
async fn clean_up_deletes_expired_keys() {
    let world = World::new();
    let engine = world.engine();
    engine.orders.create(keyed("k", "body")).await.unwrap();
    world.clock.pass(7 * DAY);
    assert_eq!(engine.schedules.clean_up().await.unwrap().idempotency_records, 0);
    world.clock.pass(HOUR);
    assert_eq!(engine.schedules.clean_up().await.unwrap().idempotency_records, 1);
    engine.orders.create(keyed("k", "other body")).await.unwrap();
}

#[tokio::test]
async fn second_request_returns_response_of_first_in_time() {
    let world = World::new();
    let engine = world.engine();
    let gate = Arc::new(Notify::new());
    world.faults.once(Call::Order, Trouble::Hold(gate.clone()));
    let second = async {
        world.faults.met(Call::Order).await;
        engine.orders.create(keyed("k", "body")).await
    };
    let release = async {
        world.clock.sleep(Duration::from_secs(25)).await;
        gate.notify_one();
    };
    let (first, second, ()) = tokio::join!(engine.orders.create(keyed("k", "body")), second, release);
    let first = first.unwrap();
    assert_eq!(second.unwrap(), Created { replayed: true, ..first });
}

#[tokio::test]
async fn expired_key_is_free_before_clean_up() {
    let world = World::new();
    let engine = world.engine();
    engine.orders.create(keyed("k", "body")).await.unwrap();
    world.clock.pass(7 * DAY);
    assert_eq!(engine.orders.create(keyed("k", "other body")).await, Err(CreateError::IdempotencyKeyReused));
    world.clock.pass(Duration::from_secs(1));
    engine.orders.create(keyed("k", "other body")).await.unwrap();
    assert_eq!(world.orders(), 2);
}

/// Runs an engine that dies while it creates an order with key `k`.
async fn died(world: &Arc<World>, call: Call) {
    let (engine, life) = world.living_engine(|_| {});
    world.faults.once(call, Trouble::Crash { done: true });
    tokio::select! {
        _ = engine.orders.create(keyed("k", "body")) => panic!("the process should have died"),
        () = life.ended() => {}
    }
}

#[tokio::test]
async fn takes_over_key_only_after_its_task_must_have_ended() {
    let world = World::new();
    let first = world.clock.now();
    died(&world, Call::Reserve).await;
    world.clock.pass(World::settings().submitting_claim - Duration::from_secs(1));
    world.engine().orders.create(keyed("k", "body")).await.unwrap();
    assert!(world.clock.now() >= first + World::settings().submitting_claim);
}

/// The process that reserved the key died while its clock was a day ahead.
#[tokio::test]
async fn takes_over_key_of_a_time_to_come() {
    let world = World::new();
    world.clock.set(TimeDelta::days(1));
    died(&world, Call::Reserve).await;
    world.clock.set(TimeDelta::days(-1));
    world.engine().orders.create(keyed("k", "body")).await.unwrap();
    assert_eq!(world.orders(), 1);
}

#[tokio::test]
async fn order_of_dead_process_is_in_use_then_unconfirmed() {
    let world = World::new();
    let first = world.clock.now();
    died(&world, Call::Insert).await;
    assert_eq!(world.engine().orders.create(keyed("k", "body")).await, Err(CreateError::IdempotencyKeyInUse));
    let until = first + World::settings().submitting_claim;
    world.clock.pass((until - world.clock.now()).to_std().unwrap());
    let late = world.engine().orders.create(keyed("k", "body")).await;
    assert!(matches!(late, Err(CreateError::Unconfirmed { .. })), "{late:?}");
    assert_eq!((world.clock.now(), world.orders()), (until, 0), "returned without waiting");
}

#[tokio::test]
async fn times_out_without_shipment_after_taking_over_key() {
    let world = World::new();
    let engine = world.engine();
    world.faults.once(Call::Order, status(400));
    world.faults.once(Call::ReleaseKey, Trouble::Lost { done: false });
    engine.orders.create(keyed("k", "body")).await.unwrap_err();
    world.faults.once(Call::CreationOptions, Trouble::Hang { done: false });
    assert_eq!(engine.orders.create(keyed("k", "body")).await, Err(CreateError::TimedOut { shipment: None }));
}
