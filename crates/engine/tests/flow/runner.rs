//! When the work happens.

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

/// Runs the schedule in the background, with time standing still.
fn scheduled(world: &Arc<World>, schedule: Schedule) -> (CancellationToken, tokio::task::JoinHandle<()>) {
    world.clock.hold();
    let (engine, stop) = (world.engine(), CancellationToken::new());
    let token = stop.clone();
    let task = tokio::spawn(async move { engine.schedules.process_on_schedule(&schedule, &token).await });
    (stop, task)
}

#[tokio::test]
async fn the_schedule_fires_and_ends_when_it_is_told_to() {
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
async fn off_never_fires() {
    let world = World::new();
    world.shipped(&world.engine()).await;
    world.faults.calls();
    let (stop, task) = scheduled(&world, Schedule::parse("-").unwrap());
    world.clock.run_to(world.clock.now() + 40 * DAY).await;
    assert!(world.faults.calls().is_empty());
    assert!(!task.is_finished());
    stop.cancel();
    task.await.unwrap();
}

#[tokio::test]
async fn what_is_due_is_tried_between_two_scheduled_runs() {
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
async fn what_stays_due_is_not_hammered() {
    for (call, trouble, most) in [
        // Throttled: it stays due, since the run stops before it.
        (Call::Status, Trouble::Throttle(HOUR), 13),
        // Somebody else is always quicker.
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
async fn a_claim_of_a_dead_worker_is_waited_for_quietly() {
    let world = World::new();
    let created = world.shipped(&world.engine()).await;
    let start = world.clock.now();
    world.faults.once(Call::Status, status(503));
    let (stop, _task) = scheduled(&world, hourly());
    world.clock.run_to(start + HOUR + Duration::from_secs(5)).await;
    crate::support::lock(&world.records).claim_by_hand(created.shipment, start + HOUR + Duration::from_secs(1800));
    world.faults.calls();
    world.clock.run_to(start + HOUR + Duration::from_secs(1700)).await;
    let lists = world.faults.count(Call::Counts);
    assert!((20..=30).contains(&lists), "{lists} in 28 minutes");
    world.clock.run_to(start + HOUR + Duration::from_secs(1900)).await;
    assert_eq!(world.phase(created.shipment), "complete");
    stop.cancel();
}

#[tokio::test]
async fn on_demand_does_the_work_and_returns_when_it_is_done() {
    let world = World::new();
    let engine = world.engine();
    let created = world.shipped(&engine).await;
    let before = world.clock.now();
    engine.processing.process_on_demand().await;
    assert_eq!((world.phase(created.shipment), world.clock.now()), ("complete", before));
}

#[tokio::test]
async fn on_demand_joins_a_run_under_way_and_returns_after_the_wait() {
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
    assert_eq!(world.faults.count(Call::Counts), 1, "one run for all");
    assert_eq!(world.phase(created.shipment), "accepted");
    gate.notify_one();
    engine.shut_down().await;
    assert_eq!(world.phase(created.shipment), "complete", "the work went on");
}

#[tokio::test]
async fn after_a_run_that_died_the_next_one_starts_afresh() {
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
async fn shutting_down_waits_for_a_run_under_way() {
    let world = World::new();
    let engine = world.engine();
    let created = world.shipped(&engine).await;
    let gate = Arc::new(Notify::new());
    world.faults.once(Call::Deliver, Trouble::Hold(gate.clone()));
    engine.processing.process_on_demand().await;
    let letting_go = async {
        assert_eq!(world.phase(created.shipment), "registered");
        gate.notify_one();
    };
    tokio::join!(engine.shut_down(), letting_go);
    assert_eq!(world.phase(created.shipment), "complete");
}

#[tokio::test]
async fn the_clean_up_has_a_schedule_of_its_own() {
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

    /// A replica of its own: another process on the same stores.
    fn replica(world: &Arc<World>, schedule: &str) -> (CancellationToken, tokio::task::JoinHandle<()>) {
        scheduled(world, Schedule::parse(schedule).unwrap())
    }

    #[tokio::test]
    async fn only_one_of_two_runs_the_schedule() {
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
    async fn the_other_goes_on_at_once_when_one_is_stopped() {
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
    async fn a_run_that_the_dead_one_missed_is_made_up_for() {
        let world = World::new();
        let created = world.shipped(&world.engine()).await;
        let start = world.clock.now();
        let (_first, one) = replica(&world, "0 0 * * * *");
        world.clock.run_to(start + Duration::from_secs(5)).await;
        let (second, _two) = replica(&world, "0 0 * * * *");
        world.clock.run_to(start + HOUR - Duration::from_secs(5)).await;
        // As a process that is killed: its lease is not given back.
        one.abort();
        world.clock.run_to(start + HOUR + Duration::from_secs(30)).await;
        assert_eq!(world.phase(created.shipment), "accepted", "the lease of the dead one is alive");
        world.clock.run_to(start + HOUR + Duration::from_secs(130)).await;
        assert_eq!(world.phase(created.shipment), "complete");
        second.cancel();
    }

    #[tokio::test]
    async fn what_was_due_for_the_dead_one_is_done_by_the_other() {
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
    async fn without_an_answer_nobody_runs_and_it_is_told() {
        let world = World::new();
        let created = world.shipped(&world.engine()).await;
        let start = world.clock.now();
        world.faults.always(Call::TakeLease, status(503));
        let (stop, _task) = replica(&world, "0 0 * * * *");
        world.clock.run_to(start + HOUR + Duration::from_secs(5)).await;
        assert_eq!((world.faults.count(Call::Counts), world.phase(created.shipment)), (0, "accepted"));
        world.faults.heal();
        world.clock.run_to(start + HOUR + Duration::from_secs(60)).await;
        assert_eq!(world.phase(created.shipment), "complete", "the run is made up for");
        stop.cancel();
    }

    #[tokio::test]
    async fn a_long_run_keeps_the_lease() {
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
        assert_eq!(world.faults.count(Call::Counts), 0, "the other one has nothing to do");
        gate.notify_one();
        world.clock.run_to(start + HOUR + Duration::from_secs(600)).await;
        assert_eq!(world.phase(created.shipment), "complete");
        first.cancel();
        second.cancel();
    }
}
