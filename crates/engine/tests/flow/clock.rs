//! Clocks that are set, and runs that do not finish.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use keyferry_domain::ports::{EventChain, OpenCounts};
use keyferry_engine::{Engine, Problem, Run, Schedule};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::support::world::HOUR;
use crate::support::{Call, Trouble, World, lock};

fn scheduled(world: &Arc<World>, schedule: &str) -> (Engine, CancellationToken) {
    world.clock.hold();
    let (engine, stop) = (world.engine(), CancellationToken::new());
    let (worker, token, schedule) = (engine.clone(), stop.clone(), Schedule::parse(schedule).unwrap());
    tokio::spawn(async move { worker.schedules.process_on_schedule(&schedule, &token).await });
    (engine, stop)
}

async fn codes(engine: &Engine) -> Vec<&'static str> {
    engine.readiness().await.problems.iter().map(|problem: &Problem| problem.code).collect()
}

#[tokio::test]
async fn runs_continue_after_clock_was_set_back() {
    let world = World::new();
    let created = world.shipped(&world.engine()).await;
    let (engine, stop) = scheduled(&world, "0 0 * * * *");
    world.clock.run_to(world.clock.now() + Duration::from_secs(60)).await;
    world.clock.set(TimeDelta::days(-1));
    world.clock.run_to(world.clock.now() + HOUR).await;
    assert_eq!(world.phase(created.shipment), "complete");
    assert_eq!(codes(&engine).await, [""; 0]);
    stop.cancel();
}

#[tokio::test]
async fn missed_run_is_made_up_once_after_clock_was_set_forward() {
    let world = World::new();
    let created = world.shipped(&world.engine()).await;
    let (_, stop) = scheduled(&world, "0 0 * * * *");
    world.clock.run_to(world.clock.now() + Duration::from_secs(60)).await;
    world.faults.calls();
    world.clock.set(TimeDelta::days(1));
    world.clock.run_to(world.clock.now() + Duration::from_secs(31)).await;
    assert_eq!((world.phase(created.shipment), world.faults.count(Call::Counts)), ("complete", 1));
    stop.cancel();
}

/// The process that held the lease died while its clock was a day ahead.
#[tokio::test]
async fn lease_until_tomorrow_is_taken_over() {
    let world = World::new();
    let created = world.shipped(&world.engine()).await;
    world.clock.set(TimeDelta::days(1));
    let (_, dead) = scheduled(&world, "0 0 * * * *");
    world.clock.run_to(world.clock.now() + Duration::from_secs(5)).await;
    world.clock.set(TimeDelta::days(-1));
    let (_, stop) = scheduled(&world, "0 0 * * * *");
    world.clock.run_to(world.clock.now() + HOUR).await;
    assert_eq!(world.phase(created.shipment), "complete");
    stop.cancel();
    dead.cancel();
}

#[tokio::test]
async fn cooldown_does_not_outlast_clock_that_was_set_back() {
    let world = World::new();
    let engine = world.engine();
    let created = world.shipped(&engine).await;
    world.faults.once(Call::Status, Trouble::Throttle(Duration::from_secs(600)));
    engine.processing.run(Run::All).await;
    world.clock.set(TimeDelta::days(-1));
    world.clock.pass(Duration::from_secs(530));
    engine.processing.run(Run::All).await;
    assert_eq!(world.phase(created.shipment), "accepted");
    world.clock.pass(Duration::from_secs(71));
    engine.processing.run(Run::All).await;
    assert_eq!(world.phase(created.shipment), "complete");
}

#[tokio::test]
async fn run_that_does_not_finish_is_a_problem_after_two_intervals() {
    let world = World::new();
    world.shipped(&world.engine()).await;
    let start = world.clock.now();
    let gate = Arc::new(Notify::new());
    world.faults.once(Call::Status, Trouble::Hold(gate.clone()));
    let (engine, stop) = scheduled(&world, "0 0 * * * *");
    world.clock.run_to(start + 2 * HOUR).await;
    assert_eq!(codes(&engine).await, [""; 0]);
    world.clock.run_to(start + 4 * HOUR).await;
    assert_eq!(codes(&engine).await, ["runs-overdue"]);
    gate.notify_one();
    world.clock.run_to(start + 4 * HOUR + Duration::from_secs(60)).await;
    assert_eq!(codes(&engine).await, [""; 0]);
    stop.cancel();
}

/// Only the holder of the lease watches, or every replica if no replica can take it.
#[tokio::test]
async fn replica_without_lease_does_not_report_overdue_runs() {
    let world = World::new();
    let start = world.clock.now();
    let (_, first) = scheduled(&world, "0 0 * * * *");
    world.clock.run_to(start + Duration::from_secs(5)).await;
    let (second, stop) = scheduled(&world, "0 0 * * * *");
    world.clock.run_to(start + 5 * HOUR).await;
    assert_eq!(codes(&second).await, [""; 0]);
    world.faults.always(Call::TakeLease, crate::support::trouble::status(503));
    world.clock.run_to(start + 8 * HOUR).await;
    assert_eq!(codes(&second).await, ["runs-overdue"]);
    first.cancel();
    stop.cancel();
}

/// Altered events are evidence, and no reason to stop.
#[tokio::test]
async fn altered_events_are_a_problem_that_does_not_stop_the_service() {
    let world = World::new();
    let created = world.shipped(&world.engine()).await;
    let chain = |broken: Option<&str>| {
        Some(EventChain { entries: 7, signed_at: Some(world.clock.now()), broken: broken.map(str::to_owned) })
    };
    lock(&world.damage).events = chain(Some("entry 2: it was deleted"));
    let start = world.clock.now();
    let (engine, stop) = scheduled(&world, "0 0 * * * *");
    world.clock.run_to(start + 5 * HOUR).await;
    assert_eq!(codes(&engine).await, ["events-altered"]);
    assert!(engine.readiness().await.is_ready());
    assert_eq!(world.phase(created.shipment), "complete");
    lock(&world.damage).events = chain(None);
    world.clock.run_to(start + 25 * HOUR).await;
    assert_eq!(codes(&engine).await, [""; 0]);
    stop.cancel();
}

#[tokio::test]
async fn damage_of_the_store_is_logged_and_remains_a_problem() {
    let world = World::new();
    let created = world.shipped(&world.engine()).await;
    lock(&world.damage).findings = vec!["page 7 of the index is not readable".into()];
    lock(&world.damage).open_counts = Some(OpenCounts { by_table: 3, by_index: 1 });
    let start = world.clock.now();
    let (engine, stop) = scheduled(&world, "0 0 * * * *");
    world.clock.run_to(start + 5 * HOUR).await;
    assert_eq!(codes(&engine).await, ["store-damaged", "index-mismatch"]);
    assert_eq!(engine.processing.run(Run::All).await.missing, 2);
    assert_eq!(world.phase(created.shipment), "complete", "the others are processed");
    *lock(&world.damage) = keyferry_testkit::outside::Damage::default();
    lock(&world.damage).open_counts = Some(OpenCounts { by_table: 3, by_index: 3 });
    world.clock.run_to(start + 25 * HOUR).await;
    assert_eq!(codes(&engine).await, [""; 0]);
    stop.cancel();
}
