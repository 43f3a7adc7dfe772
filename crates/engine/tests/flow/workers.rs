//! Claims: one worker per shipment.

use std::sync::Arc;
use std::time::Duration;

use keyferry_domain::{CompletedBy, Phase};
use keyferry_engine::Run;
use tokio::sync::Notify;

use crate::support::world::{DAY, hour_later};
use crate::support::{Call, Trouble, World, lock};

#[tokio::test]
async fn concurrent_runs_process_each_shipment_once() {
    let world = World::new();
    let (here, there) = (world.engine(), world.engine());
    for _ in 0..12 {
        world.shipped(&here).await;
    }
    for _ in 0..2 {
        tokio::join!(
            here.processing.run(Run::All),
            there.processing.run(Run::All),
            here.processing.process_on_demand()
        );
    }
    assert!(lock(&world.records).all().iter().all(|shipment| shipment.state() == "complete"));
    assert_eq!((world.sent().len(), world.faults.count(Call::Register)), (12, 12));
    assert_eq!((world.methods(0), lock(&world.records).claims()), (12, 0));
}

#[tokio::test]
async fn run_skips_claimed_record_until_claim_expires() {
    let world = World::new();
    let engine = world.engine();
    let created = world.shipped(&engine).await;
    lock(&world.records).claim_by_hand(created.shipment, world.clock.now() + Duration::from_secs(90));
    assert_eq!(engine.processing.run(Run::All).await.processed, 0);
    assert_eq!(world.faults.count(Call::Status), 0);
    hour_later(&world, &engine).await;
    assert_eq!(world.phase(created.shipment), "complete");
}

/// A run writes nothing for shipments whose state is the one that it knows, and claims none.
#[tokio::test]
async fn run_without_news_writes_nothing() {
    let world = World::new();
    let engine = world.engine();
    for _ in 0..5 {
        world.ordered(&engine).await;
    }
    // The first run records the state.
    engine.processing.run(Run::All).await;
    world.faults.calls();
    lock(&world.records).written.clear();
    let report = hour_later(&world, &engine).await;
    assert_eq!((report.processed, report.moved, world.faults.count(Call::Status)), (5, 0, 5));
    for call in [Call::Claim, Call::Release, Call::Commit, Call::ReplaceSecret, Call::AppendJournal] {
        assert_eq!(world.faults.count(call), 0, "{call:?}");
    }
    assert!(lock(&world.records).written.is_empty());
}

/// A process whose clock was a day ahead died while it held the claim.
#[tokio::test]
async fn claim_that_ends_tomorrow_is_taken_over() {
    let world = World::new();
    let engine = world.engine();
    let created = world.shipped(&engine).await;
    lock(&world.records).claim_by_hand(created.shipment, world.clock.now() + DAY);
    assert_eq!(engine.processing.run(Run::All).await.processed, 1);
    assert_eq!(world.phase(created.shipment), "complete");
}

#[tokio::test]
async fn worker_with_expired_claim_overwrites_nothing() {
    let world = World::new();
    let (slow, quick) = (world.engine(), world.engine());
    let created = world.shipped(&slow).await;
    let gate = Arc::new(Notify::new());
    world.faults.once(Call::Register, Trouble::Hold(gate.clone()));
    let overtaking = async {
        world.faults.met(Call::Register).await;
        world.clock.pass(World::settings().claim + Duration::from_secs(1));
        quick.processing.run(Run::All).await;
        assert_eq!(world.phase(created.shipment), "complete");
        gate.notify_one();
    };
    let (report, ()) = tokio::join!(slow.processing.run(Run::All), overtaking);
    assert_eq!((report.first_outage(), world.phase(created.shipment)), (None, "complete"));
    assert_eq!((world.methods(0), world.sent().len()), (1, 1));
}

#[tokio::test]
async fn claim_is_renewed_during_work_up_to_limit() {
    let world = World::new();
    let (slow, quick) = (world.engine(), world.engine());
    let created = world.shipped(&slow).await;
    let gate = Arc::new(Notify::new());
    world.faults.once(Call::Register, Trouble::Hold(gate.clone()));
    let waiting = async {
        world.faults.met(Call::Register).await;
        for _ in 0..19 {
            world.clock.sleep(Duration::from_secs(30)).await;
            assert_eq!(quick.processing.run(Run::All).await.processed, 0, "the claim is still valid");
        }
        world.clock.sleep(Duration::from_secs(150)).await;
        quick.processing.run(Run::All).await;
        assert_eq!(world.phase(created.shipment), "complete", "the claim of a hanging worker expires");
        gate.notify_one();
    };
    tokio::join!(slow.processing.run(Run::All), waiting);
    assert_eq!((world.methods(0), world.sent().len()), (1, 1));
}

#[tokio::test]
async fn records_work_longer_than_first_claim() {
    let world = World::new();
    let engine = world.engine();
    let created = world.shipped(&engine).await;
    let gate = Arc::new(Notify::new());
    world.faults.once(Call::Register, Trouble::Hold(gate.clone()));
    let slow = async {
        world.faults.met(Call::Register).await;
        world.clock.sleep(World::settings().claim * 2).await;
        gate.notify_one();
    };
    tokio::join!(engine.processing.run(Run::All), slow);
    assert_eq!((world.phase(created.shipment), lock(&world.records).claims()), ("complete", 0));
}

#[tokio::test]
async fn run_does_not_overwrite_completion_by_hand() {
    let world = World::new();
    let engine = world.engine();
    let created = world.ordered(&engine).await;
    let gate = Arc::new(Notify::new());
    world.faults.once(Call::Status, Trouble::Hold(gate.clone()));
    let editing = async {
        world.faults.met(Call::Status).await;
        lock(&world.records).set_complete_by_hand(created.shipment);
        gate.notify_one();
    };
    tokio::join!(engine.processing.run(Run::All), editing);
    hour_later(&world, &engine).await;
    let details = engine.views.details(created.delivery_id.as_str()).await.unwrap().unwrap();
    let Phase::Complete(complete) = &details.shipment.phase() else { panic!("{details:?}") };
    assert_eq!(complete.by, CompletedBy::Record);
}

#[tokio::test]
async fn panic_in_one_shipment_does_not_stop_the_others() {
    let world = World::new();
    let engine = world.engine_with(|settings| settings.concurrency = 1);
    let first = world.shipped(&engine).await;
    let second = world.shipped(&engine).await;
    world.faults.once(Call::Status, Trouble::Panic);
    let report = engine.processing.run(Run::All).await;
    assert_eq!((report.obstructed, report.moved), (1, 1));
    let mut phases = [world.phase(first.shipment), world.phase(second.shipment)];
    phases.sort_unstable();
    assert_eq!(phases, ["accepted", "complete"]);
    assert_eq!(lock(&world.records).claims(), 0);
    let met = [first.shipment, second.shipment]
        .map(|id| world.shipment(id).obstacle().cloned().map(|obstacle| obstacle.message));
    let [message] = met.into_iter().flatten().collect::<Vec<_>>().try_into().unwrap();
    assert!(message.starts_with("Processing this shipment failed because of a bug in Keyferry."), "{message}");
    assert_eq!(hour_later(&world, &engine).await.obstructed, 0, "the next run retries");
    assert_eq!([first.shipment, second.shipment].map(|id| world.phase(id)), ["complete", "complete"]);
}
