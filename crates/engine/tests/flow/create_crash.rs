//! Order creation: crashes between any two steps.

use std::time::Duration;

use keyferry_engine::CreateError;
use keyferry_engine::Run;

use crate::support::world::{HOUR, ada, hour_later, request};
use crate::support::{Call, Trouble, World, lock};

#[tokio::test]
async fn crash_neither_loses_nor_repeats_an_order() {
    let steps = [Call::CreationOptions, Call::Prepare, Call::PutSecret, Call::Insert, Call::Order, Call::Commit];
    for (call, done) in steps.into_iter().flat_map(|call| [(call, false), (call, true)]) {
        let world = World::new();
        let (engine, life) = world.living_engine(|_| {});
        world.faults.once(call, Trouble::Crash { done });
        tokio::select! {
            _ = engine.orders.create(request(ada())) => panic!("{call:?}: the process should have died"),
            () = life.ended() => {}
        }
        let next = world.engine();
        for _ in 0..3 {
            hour_later(&world, &next).await;
        }
        next.schedules.clean_up().await.unwrap();

        let records = lock(&world.records).all();
        let ordered = (call == Call::Order && done) || call == Call::Commit;
        assert_eq!(world.orders(), usize::from(ordered), "{call:?} {done}");
        let expected = match (call, done) {
            (Call::Commit, true) => Some("accepted"),
            (Call::Insert, true) | (Call::Order | Call::Commit, _) => Some("unconfirmed"),
            _ => None,
        };
        assert_eq!(records.first().map(|record| record.phase().name().as_str()), expected, "{call:?} {done}");
        assert_eq!(lock(&world.vault).count(), records.len(), "{call:?} {done}: exactly one secret for each record");
    }
}

#[tokio::test]
async fn run_skips_intent_until_its_task_must_have_ended() {
    let world = World::new();
    let (engine, life) = world.living_engine(|_| {});
    world.faults.once(Call::Order, Trouble::Crash { done: true });
    tokio::select! {
        _ = engine.orders.create(request(ada())) => panic!("the process should have died"),
        () = life.ended() => {}
    }
    let id = lock(&world.records).all()[0].id();
    let next = world.engine();
    world.clock.pass(Duration::from_secs(299));
    let report = next.processing.run(Run::All).await;
    assert_eq!(world.phase(id), "submitting");
    assert_eq!(report.next_due, world.shipment(id).next_attempt(), "it is on no list until a run has looked at it");
    world.clock.pass(Duration::from_secs(1));
    next.processing.run(Run::All).await;
    assert_eq!(world.phase(id), "unconfirmed");
    assert_eq!(world.orders(), 1);
}

#[tokio::test]
async fn panic_is_reported_and_order_becomes_unconfirmed() {
    let world = World::new();
    let engine = world.engine();
    world.faults.once(Call::Order, Trouble::Panic);
    assert_eq!(engine.orders.create(request(ada())).await, Err(CreateError::Crashed));
    world.clock.pass(HOUR);
    engine.processing.run(Run::All).await;
    assert_eq!(lock(&world.records).all()[0].phase().name().as_str(), "unconfirmed");
}
