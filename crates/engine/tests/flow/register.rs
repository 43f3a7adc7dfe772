//! Registration: once, whatever happens to the answer.

use std::time::Duration;

use keyferry_engine::Outcome;
use keyferry_engine::Run;

use crate::support::trouble::status;
use crate::support::world::{DAY, caller, hour_later};
use crate::support::{Call, Trouble, World, lock};

#[tokio::test]
async fn an_answer_lost_after_the_fact_is_settled_by_looking_up_in_the_same_run() {
    let world = World::new();
    let engine = world.engine();
    let created = world.shipped(&engine).await;
    world.faults.once(Call::Register, Trouble::Lost { done: true });
    engine.processing.run(Run::All).await;
    assert_eq!((world.phase(created.shipment), world.methods(0)), ("complete", 1));
    assert_eq!(world.faults.count(Call::Register), 1);
}

#[tokio::test]
async fn the_look_up_is_repeated_with_a_pause() {
    let world = World::new();
    let engine = world.engine();
    world.shipped(&engine).await;
    world.faults.once(Call::Register, Trouble::Lost { done: false });
    let before = world.clock.now();
    engine.processing.run(Run::All).await;
    assert_eq!(world.faults.count(Call::Find), 4, "one before and three after");
    assert_eq!(world.clock.now() - before, chrono::TimeDelta::seconds(4));
}

#[tokio::test]
async fn an_answer_lost_before_the_fact_is_tried_again_by_the_next_run() {
    let world = World::new();
    let engine = world.engine();
    let created = world.shipped(&engine).await;
    world.faults.once(Call::Register, Trouble::Lost { done: false });
    engine.processing.run(Run::All).await;
    assert_eq!((world.phase(created.shipment), world.obstacle(created.shipment).0), ("fulfilled", "retry"));
    hour_later(&world, &engine).await;
    assert_eq!((world.phase(created.shipment), world.methods(0)), ("complete", 1));
}

#[tokio::test]
async fn an_outage_that_swallows_the_look_ups_too_is_settled_later_without_registering_again() {
    let world = World::new();
    let engine = world.engine();
    let created = world.shipped(&engine).await;
    world.faults.once(Call::Register, Trouble::Lost { done: true });
    // The first look-up is the one before the registration.
    world.faults.once(Call::Person, status(503));
    let gate = std::sync::Arc::new(tokio::sync::Notify::new());
    world.faults.once(Call::Find, Trouble::Hold(gate.clone()));
    for _ in 0..3 {
        world.faults.once(Call::Find, status(503));
    }
    gate.notify_one();
    engine.processing.run(Run::All).await;
    assert_eq!((world.phase(created.shipment), world.obstacle(created.shipment).0), ("fulfilled", "retry"));
    let code = world.shipment(created.shipment).obstacle().cloned().unwrap().code;
    assert_eq!(code, "identity-provider-connection-lost", "what is told is the registration that nobody knows of");
    world.faults.heal();
    hour_later(&world, &engine).await;
    assert_eq!((world.phase(created.shipment), world.methods(0)), ("complete", 1));
    assert_eq!((world.faults.count(Call::Register), lock(&world.people).repeated), (1, 0));
}

#[tokio::test]
async fn a_crash_around_the_registration_leaves_one_method() {
    for done in [false, true] {
        for call in [Call::Register, Call::Find, Call::Commit] {
            let world = World::new();
            let (engine, life) = world.living_engine(|_| {});
            let created = world.shipped(&engine).await;
            world.faults.once(call, Trouble::Crash { done });
            tokio::select! {
                _ = engine.processing.run(Run::All) => panic!("the process is dead"),
                () = life.ended() => {}
            }
            let next = world.engine();
            next.processing.run(Run::All).await;
            assert_ne!(world.phase(created.shipment), "complete", "the dead one's claim still holds");
            hour_later(&world, &next).await;
            assert_eq!((world.phase(created.shipment), world.methods(0)), ("complete", 1), "{call:?} {done}");
            assert_eq!(lock(&world.people).repeated, 0);
        }
    }
}

#[tokio::test]
async fn a_refused_credential_is_tried_again_until_its_challenge_has_run_out() {
    let world = World::new();
    let engine = world.engine();
    let created = world.shipped(&engine).await;
    world.faults.always(Call::Register, status(400));
    engine.processing.run(Run::All).await;
    assert_eq!(world.obstacle(created.shipment).0, "attention");
    world.faults.heal();
    hour_later(&world, &engine).await;
    assert_eq!((world.phase(created.shipment), world.methods(0)), ("complete", 1));
}

#[tokio::test]
async fn a_credential_refused_after_the_deadline_is_final_until_a_person_says_so() {
    let world = World::new();
    let engine = world.engine();
    let created = world.shipped(&engine).await;
    world.clock.pass(15 * DAY);
    world.faults.once(Call::Register, status(400));
    engine.processing.run(Run::All).await;
    assert_eq!(world.obstacle(created.shipment).0, "final");
    hour_later(&world, &engine).await;
    assert_eq!(world.faults.count(Call::Register), 1);
    let word = "support says it still counts".to_owned();
    engine.operator.resolve(&created.shipment.to_string(), caller(), word, Outcome::Retry).await.unwrap();
    hour_later(&world, &engine).await;
    assert_eq!(world.faults.count(Call::Register), 2);
}

#[tokio::test]
async fn a_refusal_counts_only_once_it_is_sure_that_the_method_is_not_there() {
    let world = World::new();
    let engine = world.engine();
    let created = world.shipped(&engine).await;
    let gate = std::sync::Arc::new(tokio::sync::Notify::new());
    world.faults.once(Call::Find, Trouble::Hold(gate.clone()));
    world.faults.once(Call::Find, status(503));
    world.faults.once(Call::Register, status(400));
    gate.notify_one();
    engine.processing.run(Run::All).await;
    assert_eq!(world.obstacle(created.shipment).0, "retry");
    hour_later(&world, &engine).await;
    assert_eq!(world.phase(created.shipment), "complete");
}

#[tokio::test]
async fn only_the_provider_declares_a_challenge_dead() {
    let world = World::new();
    let engine = world.engine();
    let created = world.ordered(&engine).await;
    world.clock.pass(15 * DAY);
    world.ship(&created.delivery_id);
    engine.processing.run(Run::All).await;
    assert_eq!((world.obstacle(created.shipment).0, world.faults.count(Call::Register)), ("final", 1));
    assert_eq!((world.methods(0), world.sent().len()), (0, 0));
}

#[tokio::test]
async fn a_method_that_is_there_already_is_taken_as_it_is() {
    let world = World::new();
    let engine = world.engine();
    let created = world.shipped(&engine).await;
    world.faults.once(Call::Commit, Trouble::Panic);
    engine.processing.run(Run::All).await;
    assert_eq!(lock(&world.records).claims(), 0, "a defect does not keep the claim");
    world.clock.pass(Duration::from_secs(1));
    engine.processing.run(Run::All).await;
    assert_eq!((world.phase(created.shipment), world.methods(0)), ("complete", 1));
}
