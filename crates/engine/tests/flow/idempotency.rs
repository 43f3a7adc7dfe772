//! Idempotency keys.

use std::sync::Arc;

use keyferry_domain::CallerId;
use keyferry_engine::{CreateError, CreateRequest};
use tokio::sync::Notify;

use crate::support::trouble::status;
use crate::support::world::{DAY, HOUR, ada, hour_later, request};
use crate::support::{Call, Trouble, World, lock};

fn keyed(key: &str, body: &str) -> CreateRequest {
    CreateRequest { idempotency: Some((key.into(), body.into())), ..request(ada()) }
}

#[tokio::test]
async fn the_same_key_and_body_give_the_same_answer_and_one_order() {
    let world = World::new();
    let engine = world.engine();
    let first = engine.create(keyed("k", "body")).await.unwrap();
    assert_eq!(engine.create(keyed("k", "body")).await.unwrap(), first);
    world.ship(&first.fulfilment_id);
    hour_later(&world, &engine).await;
    assert_eq!(world.engine().create(keyed("k", "body")).await.unwrap(), first);
    assert_eq!(world.orders(), 1);
}

#[tokio::test]
async fn another_body_is_refused_and_another_caller_has_keys_of_its_own() {
    let world = World::new();
    let engine = world.engine();
    engine.create(keyed("k", "body")).await.unwrap();
    assert_eq!(engine.create(keyed("k", "other")).await, Err(CreateError::KeyReused));
    let other = CreateRequest { caller: CallerId::new("another"), ..keyed("k", "other") };
    engine.create(other).await.unwrap();
    assert_eq!(world.orders(), 2);
}

#[tokio::test]
async fn two_at_the_same_moment_give_one_order() {
    for seed_turns in 0..20 {
        let world = World::new();
        let (here, there) = (world.engine(), world.engine());
        for _ in 0..seed_turns {
            world.chance.next();
        }
        let (first, second) = tokio::join!(here.create(keyed("k", "body")), there.create(keyed("k", "body")));
        assert_eq!(first.unwrap(), second.unwrap());
        assert_eq!(world.orders(), 1);
    }
}

#[tokio::test]
async fn a_second_caller_who_waits_too_long_is_told_that_the_first_is_under_way() {
    let world = World::new();
    let engine = world.engine();
    let gate = Arc::new(Notify::new());
    world.faults.once(Call::Order, Trouble::Hold(gate.clone()));
    let second = async {
        while world.faults.count(Call::Order) == 0 {
            tokio::task::yield_now().await;
        }
        engine.create(keyed("k", "body")).await
    };
    let (first, second) = tokio::join!(engine.create(keyed("k", "body")), second);
    let CreateError::TimedOut { shipment: Some(shipment) } = first.unwrap_err() else { panic!("not timed out") };
    assert_eq!(second, Err(CreateError::KeyInUse));
    gate.notify_one();
    engine.shut_down().await;
    assert_eq!(engine.create(keyed("k", "body")).await.unwrap().shipment, shipment);
    assert_eq!(world.orders(), 1);
}

#[tokio::test]
async fn a_second_caller_is_never_told_that_nothing_was_ordered_while_the_first_may_order() {
    let world = World::new();
    let (engine, other) = (world.engine(), world.engine());
    let gate = Arc::new(Notify::new());
    world.faults.once(Call::Order, Trouble::Hold(gate.clone()));
    // The second one's store hangs while it waits for the first.
    let second = async {
        while world.faults.count(Call::Order) == 0 {
            tokio::task::yield_now().await;
        }
        world.faults.once(Call::Get, Trouble::Hang { done: false });
        other.create(keyed("k", "body")).await
    };
    let (first, second) = tokio::join!(engine.create(keyed("k", "body")), second);
    let CreateError::TimedOut { shipment } = first.unwrap_err() else { panic!("not timed out") };
    assert!(shipment.is_some());
    assert_eq!(second, Err(CreateError::TimedOut { shipment }));
    gate.notify_one();
}

#[tokio::test]
async fn a_refused_order_frees_its_key() {
    let world = World::new();
    let engine = world.engine();
    for call in [Call::CreationOptions, Call::Order] {
        world.faults.once(call, status(400));
        assert!(matches!(engine.create(keyed("k", "bad body")).await, Err(CreateError::Refused(_))));
        assert!(lock(&world.records).keys.is_empty());
    }
    engine.create(keyed("k", "good body")).await.unwrap();
    assert_eq!(world.orders(), 1);
}

#[tokio::test]
async fn a_key_whose_release_failed_is_taken_over() {
    let world = World::new();
    let engine = world.engine();
    world.faults.once(Call::Order, status(400));
    world.faults.once(Call::ReleaseKey, Trouble::Lost { done: false });
    engine.create(keyed("k", "body")).await.unwrap_err();
    engine.create(keyed("k", "body")).await.unwrap();
    assert_eq!(world.orders(), 1);
}

#[tokio::test]
async fn a_lost_answer_is_told_again_and_not_ordered_again() {
    let world = World::new();
    let engine = world.engine();
    world.faults.once(Call::Order, Trouble::Lost { done: true });
    let CreateError::Unconfirmed { shipment, .. } = engine.create(keyed("k", "body")).await.unwrap_err() else {
        panic!("not unconfirmed")
    };
    let again = engine.create(keyed("k", "body")).await.unwrap_err();
    assert!(matches!(again, CreateError::Unconfirmed { shipment: same, .. } if same == shipment), "{again:?}");
    assert_eq!(world.orders(), 1);
}

#[tokio::test]
async fn after_a_crash_the_key_gives_one_order_and_one_outcome() {
    let steps = [Call::Reserve, Call::CreationOptions, Call::PutSecret, Call::Insert, Call::Order, Call::Replace];
    for (call, done) in steps.into_iter().flat_map(|call| [(call, false), (call, true)]) {
        let world = World::new();
        let (engine, life) = world.living_engine(|_| {});
        world.faults.once(call, Trouble::Crash { done });
        tokio::select! {
            _ = engine.create(keyed("k", "body")) => panic!("the process is dead"),
            () = life.ended() => {}
        }
        world.clock.pass(HOUR);
        let next = world.engine();
        let again = next.create(keyed("k", "body")).await;
        match (call, done) {
            (Call::Insert, true) | (Call::Order, _) | (Call::Replace, false) => {
                assert!(matches!(again, Err(CreateError::Unconfirmed { .. })), "{call:?} {done}: {again:?}");
            }
            _ => assert!(again.is_ok(), "{call:?} {done}: {again:?}"),
        }
        assert!(world.orders() <= 1, "{call:?} {done}");
        assert_eq!(next.create(keyed("k", "body")).await.is_ok(), again.is_ok());
        assert!(lock(&world.delivery).orders.values().all(|times| *times == 1));
    }
}

#[tokio::test]
async fn keys_are_forgotten_after_their_lifetime() {
    let world = World::new();
    let engine = world.engine();
    engine.create(keyed("k", "body")).await.unwrap();
    world.clock.pass(7 * DAY);
    assert_eq!(engine.clean_up().await.unwrap().idempotency_records, 0);
    world.clock.pass(HOUR);
    assert_eq!(engine.clean_up().await.unwrap().idempotency_records, 1);
    engine.create(keyed("k", "other body")).await.unwrap();
}
