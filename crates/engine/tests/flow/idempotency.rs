//! Idempotency keys.

use std::sync::Arc;
use std::time::Duration;

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
    let first = engine.orders.create(keyed("k", "body")).await.unwrap();
    assert_eq!(engine.orders.create(keyed("k", "body")).await.unwrap(), first);
    world.ship(&first.delivery_id);
    hour_later(&world, &engine).await;
    assert_eq!(world.engine().orders.create(keyed("k", "body")).await.unwrap(), first);
    assert_eq!(world.orders(), 1);
}

#[tokio::test]
async fn another_body_is_refused_and_another_caller_has_keys_of_its_own() {
    let world = World::new();
    let engine = world.engine();
    engine.orders.create(keyed("k", "body")).await.unwrap();
    assert_eq!(engine.orders.create(keyed("k", "other")).await, Err(CreateError::IdempotencyKeyReused));
    let other = CreateRequest { caller: CallerId::new("another"), ..keyed("k", "other") };
    engine.orders.create(other).await.unwrap();
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
        let (first, second) =
            tokio::join!(here.orders.create(keyed("k", "body")), there.orders.create(keyed("k", "body")));
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
async fn a_second_caller_is_never_told_that_nothing_was_ordered_while_the_first_may_order() {
    let world = World::new();
    let (engine, other) = (world.engine(), world.engine());
    let gate = Arc::new(Notify::new());
    world.faults.once(Call::Order, Trouble::Hold(gate.clone()));
    // The second one's store hangs while it waits for the first.
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
async fn a_refused_order_frees_its_key() {
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
async fn a_key_whose_release_failed_is_taken_over() {
    let world = World::new();
    let engine = world.engine();
    world.faults.once(Call::Order, status(400));
    world.faults.once(Call::ReleaseKey, Trouble::Lost { done: false });
    engine.orders.create(keyed("k", "body")).await.unwrap_err();
    engine.orders.create(keyed("k", "body")).await.unwrap();
    assert_eq!(world.orders(), 1);
}

#[tokio::test]
async fn a_lost_answer_is_told_again_and_not_ordered_again() {
    let world = World::new();
    let engine = world.engine();
    world.faults.once(Call::Order, Trouble::Lost { done: true });
    let first = engine.orders.create(keyed("k", "body")).await.unwrap_err();
    assert!(matches!(first, CreateError::Unconfirmed { correlation: Some(_), .. }), "{first:?}");
    let again = engine.orders.create(keyed("k", "body")).await.unwrap_err();
    assert_eq!(again, first, "in the same words, with the same call");
    assert_eq!(world.orders(), 1);
}

#[tokio::test]
async fn after_a_crash_the_key_gives_one_order_and_one_outcome() {
    let steps = [Call::Reserve, Call::CreationOptions, Call::PutSecret, Call::Insert, Call::Order, Call::Commit];
    for (call, done) in steps.into_iter().flat_map(|call| [(call, false), (call, true)]) {
        let world = World::new();
        let (engine, life) = world.living_engine(|_| {});
        world.faults.once(call, Trouble::Crash { done });
        tokio::select! {
            _ = engine.orders.create(keyed("k", "body")) => panic!("the process is dead"),
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
async fn keys_are_forgotten_after_their_lifetime() {
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
async fn a_second_caller_gets_the_first_ones_answer_if_it_comes_in_time() {
    let world = World::new();
    let engine = world.engine();
    let gate = Arc::new(Notify::new());
    world.faults.once(Call::Order, Trouble::Hold(gate.clone()));
    let second = async {
        world.faults.met(Call::Order).await;
        engine.orders.create(keyed("k", "body")).await
    };
    let letting_go = async {
        world.clock.sleep(Duration::from_secs(25)).await;
        gate.notify_one();
    };
    let (first, second, ()) = tokio::join!(engine.orders.create(keyed("k", "body")), second, letting_go);
    assert_eq!(first.unwrap(), second.unwrap());
}

#[tokio::test]
async fn a_key_past_its_lifetime_is_free_before_any_clean_up() {
    let world = World::new();
    let engine = world.engine();
    engine.orders.create(keyed("k", "body")).await.unwrap();
    world.clock.pass(7 * DAY);
    assert_eq!(engine.orders.create(keyed("k", "other body")).await, Err(CreateError::IdempotencyKeyReused));
    world.clock.pass(Duration::from_secs(1));
    engine.orders.create(keyed("k", "other body")).await.unwrap();
    assert_eq!(world.orders(), 2);
}

/// An engine that died in a create under the key `k`.
async fn died(world: &Arc<World>, call: Call) {
    let (engine, life) = world.living_engine(|_| {});
    world.faults.once(call, Trouble::Crash { done: true });
    tokio::select! {
        _ = engine.orders.create(keyed("k", "body")) => panic!("the process is dead"),
        () = life.ended() => {}
    }
}

#[tokio::test]
async fn a_key_is_taken_over_only_once_nobody_can_be_at_it_any_more() {
    let world = World::new();
    let first = world.clock.now();
    died(&world, Call::Reserve).await;
    world.clock.pass(World::settings().submitting_claim - Duration::from_secs(1));
    world.engine().orders.create(keyed("k", "body")).await.unwrap();
    assert!(world.clock.now() > first + World::settings().submitting_claim);
}

#[tokio::test]
async fn an_order_that_may_still_be_sent_elsewhere_is_in_use_and_then_unconfirmed() {
    let world = World::new();
    let first = world.clock.now();
    died(&world, Call::Insert).await;
    assert_eq!(world.engine().orders.create(keyed("k", "body")).await, Err(CreateError::IdempotencyKeyInUse));
    let until = first + World::settings().submitting_claim;
    world.clock.pass((until - world.clock.now()).to_std().unwrap());
    let late = world.engine().orders.create(keyed("k", "body")).await;
    assert!(matches!(late, Err(CreateError::Unconfirmed { .. })), "{late:?}");
    assert_eq!((world.clock.now(), world.orders()), (until, 0), "told at once");
}

#[tokio::test]
async fn whoever_took_a_key_over_and_ordered_nothing_in_time_is_told_so() {
    let world = World::new();
    let engine = world.engine();
    world.faults.once(Call::Order, status(400));
    world.faults.once(Call::ReleaseKey, Trouble::Lost { done: false });
    engine.orders.create(keyed("k", "body")).await.unwrap_err();
    world.faults.once(Call::CreationOptions, Trouble::Hang { done: false });
    assert_eq!(engine.orders.create(keyed("k", "body")).await, Err(CreateError::TimedOut { shipment: None }));
}
