//! Registration: exactly once, even if responses are lost.

use std::sync::Arc;
use std::time::Duration;

use keyferry_domain::FailureKind;
use keyferry_engine::Outcome;
use keyferry_engine::Run;
use tokio::sync::Notify;

use crate::support::trouble::status;
use crate::support::world::{DAY, caller, hour_later};
use crate::support::{Call, Trouble, World, lock};

#[tokio::test]
async fn lookup_finds_registration_whose_response_was_lost() {
    let world = World::new();
    let engine = world.engine();
    let created = world.shipped(&engine).await;
    world.faults.once(Call::Register, Trouble::Lost { done: true });
    engine.processing.run(Run::All).await;
    assert_eq!((world.phase(created.shipment), world.methods(0)), ("complete", 1));
    assert_eq!(world.faults.count(Call::Register), 1);
}

#[tokio::test]
async fn repeats_lookup_with_pause() {
    let world = World::new();
    let engine = world.engine();
    world.shipped(&engine).await;
    world.faults.once(Call::Register, Trouble::Lost { done: false });
    let before = world.clock.now();
    engine.processing.run(Run::All).await;
    assert_eq!(world.faults.count(Call::Find), 3, "none before and three after");
    assert_eq!(world.clock.now() - before, chrono::TimeDelta::seconds(4));
}

#[tokio::test]
async fn next_run_retries_registration_that_had_no_effect() {
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
async fn next_run_finds_registration_after_failed_lookups() {
    let world = World::new();
    let engine = world.engine();
    let created = world.shipped(&engine).await;
    world.faults.once(Call::Register, Trouble::Lost { done: true });
    world.faults.once(Call::Person, status(503));
    for _ in 0..3 {
        world.faults.once(Call::Find, status(503));
    }
    engine.processing.run(Run::All).await;
    assert_eq!((world.phase(created.shipment), world.obstacle(created.shipment).0), ("fulfilled", "retry"));
    let code = world.shipment(created.shipment).obstacle().cloned().unwrap().code;
    assert_eq!(code, "identity-provider-connection-lost", "the obstacle is the registration with unknown outcome");
    world.faults.heal();
    hour_later(&world, &engine).await;
    assert_eq!((world.phase(created.shipment), world.methods(0)), ("complete", 1));
    assert_eq!((world.faults.count(Call::Register), lock(&world.people).repeated), (1, 0));
}

#[tokio::test]
async fn crash_during_registration_leaves_one_method() {
    for done in [false, true] {
        for (call, earlier) in [(Call::Register, 0), (Call::Find, 0), (Call::Commit, 0), (Call::Commit, 1)] {
            let world = World::new();
            let (engine, life) = world.living_engine(|_| {});
            let created = world.shipped(&engine).await;
            if call == Call::Find {
                world.faults.once(Call::Register, Trouble::Lost { done });
            }
            for _ in 0..earlier {
                let gate = Arc::new(Notify::new());
                gate.notify_one();
                world.faults.once(call, Trouble::Hold(gate));
            }
            world.faults.once(call, Trouble::Crash { done });
            tokio::select! {
                _ = engine.processing.run(Run::All) => panic!("the process should have died"),
                () = life.ended() => {}
            }
            let next = world.engine();
            // The first commit takes the claim, and the second one releases it.
            if call != Call::Commit || done == (earlier == 0) {
                next.processing.run(Run::All).await;
                assert_ne!(world.phase(created.shipment), "complete", "the claim of the dead process is still valid");
            }
            hour_later(&world, &next).await;
            assert_eq!((world.phase(created.shipment), world.methods(0)), ("complete", 1), "{call:?} {earlier} {done}");
            assert_eq!(lock(&world.people).repeated, 0);
        }
    }
}

/// Each look-up counts against the limit of the registrations. The phase is the durable intent: whoever reads a record
/// in it looks up first.
#[tokio::test]
async fn looks_up_only_what_an_earlier_attempt_may_have_registered() {
    let world = World::new();
    let engine = world.engine();
    let created = world.shipped(&engine).await;
    engine.processing.run(Run::All).await;
    assert_eq!((world.phase(created.shipment), world.faults.count(Call::Find)), ("complete", 0));
    let created = world.shipped(&engine).await;
    world.faults.once(Call::OpenCredential, Trouble::Refuse(FailureKind::Unreachable));
    engine.processing.run(Run::All).await;
    assert_eq!((world.phase(created.shipment), world.faults.count(Call::Find)), ("fulfilled", 0));
    hour_later(&world, &engine).await;
    assert_eq!((world.phase(created.shipment), world.faults.count(Call::Find)), ("complete", 1));
    assert_eq!(world.faults.count(Call::Register), 2);
}

/// A worker that slept past its claim must not register what another one has registered meanwhile.
#[tokio::test]
async fn worker_that_wakes_after_its_claim_looks_up_first() {
    let world = World::new();
    let (slow, quick) = (world.engine(), world.engine());
    let created = world.shipped(&slow).await;
    let gate = Arc::new(Notify::new());
    world.faults.once(Call::OpenCredential, Trouble::Hold(gate.clone()));
    let overtaking = async {
        world.faults.met(Call::OpenCredential).await;
        world.clock.pass(World::settings().claim + Duration::from_secs(1));
        quick.processing.run(Run::All).await;
        assert_eq!(world.phase(created.shipment), "complete");
        gate.notify_one();
    };
    tokio::join!(slow.processing.run(Run::All), overtaking);
    assert_eq!((world.methods(0), world.faults.count(Call::Register), lock(&world.people).repeated), (1, 1, 0));
    assert_eq!(world.sent().len(), 1);
}

/// The database was restored from a backup of before the registration, and a policy was changed since: what is
/// registered is recorded all the same.
#[tokio::test]
async fn policy_does_not_hide_an_earlier_registration() {
    let world = World::new();
    let engine = world.engine();
    let created = world.shipped(&engine).await;
    let before = lock(&world.records).clone();
    engine.processing.run(Run::All).await;
    assert_eq!(world.phase(created.shipment), "complete");
    *lock(&world.records) = before;
    let strict = world.engine_with(|settings| {
        settings.minimum_firmware = "9".parse().unwrap();
    });
    strict.processing.run(Run::All).await;
    assert_ne!(world.phase(created.shipment), "fulfilled");
    assert_eq!((world.methods(0), world.faults.count(Call::Register)), (1, 1));
}

#[tokio::test]
async fn retries_refused_credential_before_deadline() {
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
async fn refusal_after_deadline_is_final_until_operator_retries() {
    let world = World::new();
    let engine = world.engine();
    let created = world.shipped(&engine).await;
    world.clock.pass(15 * DAY);
    world.faults.once(Call::Register, status(400));
    engine.processing.run(Run::All).await;
    assert_eq!(world.obstacle(created.shipment).0, "final");
    hour_later(&world, &engine).await;
    assert_eq!(world.faults.count(Call::Register), 1);
    let reason = "support extended the deadline".to_owned();
    engine.operator.resolve(&created.shipment.to_string(), caller(), reason, Outcome::Retry).await.unwrap();
    hour_later(&world, &engine).await;
    assert_eq!(world.faults.count(Call::Register), 2);
}

#[tokio::test]
async fn refusal_counts_only_after_successful_lookup() {
    let world = World::new();
    let engine = world.engine();
    let created = world.shipped(&engine).await;
    world.faults.once(Call::Find, status(503));
    world.faults.once(Call::Register, status(400));
    engine.processing.run(Run::All).await;
    assert_eq!(world.obstacle(created.shipment).0, "retry");
    hour_later(&world, &engine).await;
    assert_eq!(world.phase(created.shipment), "complete");
}

#[tokio::test]
async fn registers_after_deadline_and_lets_provider_decide() {
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
async fn adopts_existing_method_after_panic() {
    let world = World::new();
    let engine = world.engine();
    let created = world.shipped(&engine).await;
    world.faults.once(Call::Commit, Trouble::Panic);
    engine.processing.run(Run::All).await;
    assert_eq!(lock(&world.records).claims(), 0, "a panic releases the claim");
    world.clock.pass(Duration::from_secs(1));
    engine.processing.run(Run::All).await;
    assert_eq!((world.phase(created.shipment), world.methods(0)), ("complete", 1));
}
