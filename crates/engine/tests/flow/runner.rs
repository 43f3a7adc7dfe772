//! Scheduler: schedules, due runs, on-demand runs, shutdown and the lease.

use std::sync::Arc;
use std::time::Duration;

use keyferry_engine::Run;
use keyferry_engine::Schedule;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::support::trouble::status;
use crate::support::world::{DAY, HOUR};
use crate::support::{Call, Trouble, World};

fn hourly() -> Schedule {
    Schedule::parse("0 0 * * * *").unwrap()
}

/// Runs the schedule in the background. The clock advances only on `run_to`.
fn scheduled(world: &Arc<World>, schedule: Schedule) -> (CancellationToken, tokio::task::JoinHandle<()>) {
    world.clock.hold();
    let (engine, stop) = (world.engine(), CancellationToken::new());
    let token = stop.clone();
    let task = tokio::spawn(async move { engine.schedules.process_on_schedule(&schedule, &token).await });
    (stop, task)
}

#[tokio::test]
async fn runs_on_schedule_until_stopped() {
    let world = World::new();
    let created = world.shipped(&world.engine()).await;
    let start = world.clock.now();
    let (stop, task) = scheduled(&world, hourly());
    world.clock.run_to(start + HOUR - Duration::from_secs(1)).await;
    assert_eq!(world.phase(created.shipment), "accepted");
    world.clock.run_to(start + HOUR + Duration::from_secs(1)).await;
    assert_eq!(world.phase(created.shipment), "complete");
    world.faults.calls();
    world.clock.run_to(start + 5 * HOUR + Duration::from_secs(1)).await;
    assert_eq!(world.faults.count(Call::Counts), 4, "once an hour");
    stop.cancel();
    task.await.unwrap();
}

#[tokio::test]
async fn disabled_schedule_never_runs() {
    let world = World::new();
    world.shipped(&world.engine()).await;
    world.faults.calls();
    let (stop, task) = scheduled(&world, Schedule::parse("-").unwrap());
    world.clock.run_to(world.clock.now() + 40 * DAY).await;
    let checks = [Call::FindDamage, Call::VerifyEvents].repeat(41);
    assert_eq!(world.faults.calls(), checks, "only the store is checked, at start and once a day");
    assert!(!task.is_finished());
    stop.cancel();
    task.await.unwrap();
}

#[tokio::test]
async fn retries_due_shipments_between_scheduled_runs() {
    let world = World::new();
    let created = world.shipped(&world.engine()).await;
    let start = world.clock.now();
    world.faults.once(Call::Status, status(503));
    let (stop, _task) = scheduled(&world, Schedule::parse("0 0 0 * * *").unwrap());
    world.clock.run_to(start + 12 * HOUR + Duration::from_secs(5)).await;
    assert_eq!(world.obstacle(created.shipment).0, "retry");
    world.clock.run_to(start + 12 * HOUR + Duration::from_secs(150)).await;
    assert_eq!(world.phase(created.shipment), "complete");
    stop.cancel();
}

#[tokio::test]
async fn limits_runs_for_shipments_that_stay_due() {
    for (call, trouble, most) in [
        // Throttled: the shipment stays due, because the run stops before it.
        (Call::Status, Trouble::Throttle(HOUR), 13),
        // Another worker always claims the shipment first.
        (Call::Claim, Trouble::Hang { done: false }, 1),
    ] {
        let world = World::new();
        world.shipped(&world.engine()).await;
        let start = world.clock.now();
        world.faults.once(Call::Status, status(503));
        let (stop, _task) = scheduled(&world, hourly());
        world.clock.run_to(start + HOUR + Duration::from_secs(5)).await;
        world.faults.always(call, trouble);
        world.faults.calls();
        world.clock.run_to(start + 2 * HOUR - Duration::from_secs(5)).await;
        let calls = world.faults.count(call);
        assert!((1..=most).contains(&calls), "{call:?}: {calls} in an hour");
        stop.cancel();
    }
}

#[tokio::test]
async fn waits_for_claim_of_dead_worker_at_minimum_pause() {
    let world = World::new();
    let created = world.shipped(&world.engine()).await;
    let start = world.clock.now();
    world.faults.once(Call::Status, status(503));
    let (stop, _task) = scheduled(&world, hourly());
    world.clock.run_to(start + HOUR + Duration::from_secs(5)).await;
    crate::support::lock(&world.records).claim_by_hand(created.shipment, start + HOUR + Duration::from_secs(140));
    world.faults.calls();
    world.clock.run_to(start + HOUR + Duration::from_secs(139)).await;
    let lists = world.faults.count(Call::Counts);
    assert!((1..=2).contains(&lists), "{lists} in two minutes");
    assert_eq!(world.phase(created.shipment), "accepted");
    world.clock.run_to(start + HOUR + Duration::from_secs(260)).await;
    assert_eq!(world.phase(created.shipment), "complete");
    stop.cancel();
}

#[tokio::test]
async fn on_demand_run_returns_when_done() {
    let world = World::new();
    let engine = world.engine();
    let created = world.shipped(&engine).await;
    let before = world.clock.now();
    engine.processing.process_on_demand().await;
    assert_eq!((world.phase(created.shipment), world.clock.now()), ("complete", before));
}

#[tokio::test]
async fn on_demand_run_joins_current_run_and_returns_after_wait() {
    let world = World::new();
    let engine = world.engine();
    let created = world.shipped(&engine).await;
    let gate = Arc::new(Notify::new());
    world.faults.once(Call::Status, Trouble::Hold(gate.clone()));
    let before = world.clock.now();
    tokio::join!(
        engine.processing.process_on_demand(),
        engine.processing.process_on_demand(),
        engine.processing.process_on_demand()
    );
    assert_eq!(world.clock.now(), before + Duration::from_secs(20));
    assert_eq!(world.faults.count(Call::Counts), 1, "one run for all callers");
    assert_eq!(world.phase(created.shipment), "accepted");
    gate.notify_one();
    engine.shut_down().await;
    assert_eq!(world.phase(created.shipment), "registered", "the current pass finished; the next start sends the PIN");
}

#[tokio::test]
async fn starts_new_run_after_panic() {
    let world = World::new();
    let engine = world.engine();
    let created = world.shipped(&engine).await;
    world.faults.once(Call::Counts, Trouble::Panic);
    engine.processing.process_on_demand().await;
    assert_eq!(world.phase(created.shipment), "accepted");
    engine.processing.process_on_demand().await;
    assert_eq!(world.phase(created.shipment), "complete");
}

#[tokio::test]
async fn shutdown_waits_for_current_run() {
    let world = World::new();
    let engine = world.engine();
    let created = world.shipped(&engine).await;
    let gate = Arc::new(Notify::new());
    world.faults.once(Call::Deliver, Trouble::Hold(gate.clone()));
    engine.processing.process_on_demand().await;
    let release = async {
        assert_eq!(world.phase(created.shipment), "registered");
        gate.notify_one();
    };
    tokio::join!(engine.shut_down(), release);
    assert_eq!(world.phase(created.shipment), "complete");
}

#[tokio::test]
async fn clean_up_runs_on_its_own_schedule() {
    let world = World::new();
    let engine = world.engine_with(|settings| settings.cleanup_completed_days = 1);
    let created = world.shipped(&engine).await;
    engine.processing.run(Run::All).await;
    world.clock.hold();
    let (stop, start) = (CancellationToken::new(), world.clock.now());
    let token = stop.clone();
    let task = tokio::spawn(async move { engine.schedules.clean_up_on_schedule(&hourly(), &token).await });
    world.clock.run_to(start + 35 * HOUR).await;
    assert!(world.try_shipment(created.shipment).is_some());
    world.clock.run_to(start + 36 * HOUR + Duration::from_secs(1)).await;
    assert!(world.try_shipment(created.shipment).is_none());
    stop.cancel();
    task.await.unwrap();
}

mod replicas {
    use super::*;

    /// Starts a replica: another process with the same stores.
    fn replica(world: &Arc<World>, schedule: &str) -> (CancellationToken, tokio::task::JoinHandle<()>) {
        scheduled(world, Schedule::parse(schedule).unwrap())
    }

    #[tokio::test]
    async fn only_one_of_two_replicas_runs_the_schedule() {
        let world = World::new();
        let start = world.clock.now();
        let (first, one) = replica(&world, "0 0 * * * *");
        let (second, two) = replica(&world, "0 0 * * * *");
        world.clock.run_to(start + Duration::from_secs(60)).await;
        world.faults.calls();
        world.clock.run_to(start + 5 * HOUR + Duration::from_secs(1)).await;
        assert_eq!(world.faults.count(Call::Counts), 5, "once an hour, not twice");
        first.cancel();
        second.cancel();
        one.await.unwrap();
        two.await.unwrap();
    }

    #[tokio::test]
    async fn other_replica_takes_over_at_once_after_stop() {
        let world = World::new();
        let created = world.shipped(&world.engine()).await;
        let start = world.clock.now();
        let (first, one) = replica(&world, "0 0 * * * *");
        world.clock.run_to(start + Duration::from_secs(5)).await;
        let (second, _two) = replica(&world, "0 0 * * * *");
        world.clock.run_to(start + HOUR - Duration::from_secs(40)).await;
        first.cancel();
        one.await.unwrap();
        world.clock.run_to(start + HOUR + Duration::from_secs(1)).await;
        assert_eq!(world.phase(created.shipment), "complete");
        second.cancel();
    }

    #[tokio::test]
    async fn other_replica_makes_up_missed_run_after_crash() {
        let world = World::new();
        let created = world.shipped(&world.engine()).await;
        let start = world.clock.now();
        let (_first, one) = replica(&world, "0 0 * * * *");
        world.clock.run_to(start + Duration::from_secs(5)).await;
        let (second, _two) = replica(&world, "0 0 * * * *");
        world.clock.run_to(start + HOUR - Duration::from_secs(5)).await;
        // Like a killed process: the lease is not released.
        one.abort();
        world.clock.run_to(start + HOUR + Duration::from_secs(30)).await;
        assert_eq!(world.phase(created.shipment), "accepted", "the lease of the dead replica is still valid");
        world.clock.run_to(start + HOUR + Duration::from_secs(130)).await;
        assert_eq!(world.phase(created.shipment), "complete");
        second.cancel();
    }

    #[tokio::test]
    async fn other_replica_retries_due_shipments_after_crash() {
        let world = World::new();
        let created = world.shipped(&world.engine()).await;
        let start = world.clock.now();
        let (_first, one) = replica(&world, "0 0 */6 * * *");
        world.clock.run_to(start + Duration::from_secs(5)).await;
        let (second, _two) = replica(&world, "0 0 */6 * * *");
        world.faults.once(Call::Status, status(503));
        world.clock.run_to(start + 6 * HOUR + Duration::from_secs(5)).await;
        assert_eq!(world.obstacle(created.shipment).0, "retry");
        one.abort();
        world.clock.run_to(start + 6 * HOUR + Duration::from_secs(300)).await;
        assert_eq!(world.phase(created.shipment), "complete");
        second.cancel();
    }

    #[tokio::test]
    async fn no_replica_runs_while_store_is_unavailable() {
        let world = World::new();
        let created = world.shipped(&world.engine()).await;
        let start = world.clock.now();
        world.faults.always(Call::TakeLease, status(503));
        let (stop, _task) = replica(&world, "0 0 * * * *");
        world.clock.run_to(start + HOUR + Duration::from_secs(5)).await;
        assert_eq!((world.faults.count(Call::Counts), world.phase(created.shipment)), (0, "accepted"));
        world.faults.heal();
        world.clock.run_to(start + HOUR + Duration::from_secs(60)).await;
        assert_eq!(world.phase(created.shipment), "complete", "the missed run is made up");
        stop.cancel();
    }

    #[tokio::test]
    async fn lease_is_renewed_during_long_run() {
        let world = World::new();
        let created = world.shipped(&world.engine()).await;
        let start = world.clock.now();
        let gate = Arc::new(Notify::new());
        world.faults.once(Call::Status, Trouble::Hold(gate.clone()));
        let (first, _one) = replica(&world, "0 0 * * * *");
        world.clock.run_to(start + Duration::from_secs(5)).await;
        let (second, _two) = replica(&world, "0 0 * * * *");
        world.clock.run_to(start + HOUR + Duration::from_secs(1)).await;
        world.faults.calls();
        world.clock.run_to(start + HOUR + Duration::from_secs(500)).await;
        assert_eq!(world.faults.count(Call::Counts), 0, "the other replica runs nothing");
        gate.notify_one();
        world.clock.run_to(start + HOUR + Duration::from_secs(600)).await;
        assert_eq!(world.phase(created.shipment), "complete");
        first.cancel();
        second.cancel();
    }
}
