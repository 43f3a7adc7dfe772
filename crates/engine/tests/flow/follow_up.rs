//! Follow-ups of on-demand runs.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use keyferry_engine::{Engine, Run, Schedule};
use tokio_util::sync::CancellationToken;

use crate::support::trouble::status;
use crate::support::world::HOUR;
use crate::support::{Call, Trouble, World, lock};

fn scheduled(world: &Arc<World>, schedule: &str) -> (Engine, CancellationToken) {
    world.clock.hold();
    let (engine, stop) = (world.engine(), CancellationToken::new());
    let (worker, token, schedule) = (engine.clone(), stop.clone(), Schedule::parse(schedule).unwrap());
    tokio::spawn(async move { worker.schedules.process_on_schedule(&schedule, &token).await });
    (engine, stop)
}

/// With a daily schedule, without one, and on a replica without the lease.
#[tokio::test]
async fn on_demand_run_is_followed_up_by_itself() {
    for (trouble, seconds) in [(Trouble::Throttle(Duration::from_secs(90)), 91), (status(503), 100)] {
        for (schedule, with_other) in [("0 0 0 * * *", false), ("-", false), ("0 0 0 * * *", true)] {
            let world = World::new();
            let created = world.shipped(&world.engine()).await;
            let start = world.clock.now();
            let other = with_other.then(|| scheduled(&world, schedule));
            world.clock.run_to(start + Duration::from_secs(5)).await;
            let (engine, stop) = scheduled(&world, schedule);
            world.clock.run_to(start + Duration::from_secs(40)).await;
            world.faults.once(Call::Status, trouble.clone());
            engine.processing.process_on_demand().await;
            assert_eq!(world.phase(created.shipment), "accepted");
            world.clock.run_to(start + Duration::from_secs(40 + seconds)).await;
            assert_eq!(world.phase(created.shipment), "complete", "{trouble:?} {schedule} {with_other}");
            stop.cancel();
            drop(other);
        }
    }
}

#[tokio::test]
async fn lease_is_released_after_clean_up_without_processing_schedule() {
    let world = World::new();
    world.clock.hold();
    let (start, stop) = (world.clock.now(), CancellationToken::new());
    let (engine, _) = scheduled(&world, "-");
    let token = stop.clone();
    tokio::spawn(async move {
        engine.schedules.clean_up_on_schedule(&Schedule::parse("0 0 * * * *").unwrap(), &token).await;
    });
    world.clock.run_to(start + HOUR + Duration::from_secs(1)).await;
    assert_eq!((world.faults.count(Call::TakeLease), lock(&world.leases).count()), (1, 0));
    stop.cancel();
}

#[tokio::test]
async fn party_that_does_not_answer_is_held_and_tried_by_one_shipment() {
    let world = World::new();
    let engine = world.engine();
    let mut ids = Vec::new();
    for _ in 0..30 {
        ids.push(world.shipped(&engine).await.shipment);
    }
    let calls = |call| {
        let count = world.faults.count(call);
        world.faults.calls();
        count
    };
    for (call, phase) in [(Call::Deliver, "registered")] {
        world.faults.always(call, status(503));
        calls(call);
        let report = engine.processing.run(Run::All).await;
        // Those under way when the third call failed, and one after ten shipments.
        assert!((4..=7).contains(&calls(call)), "{report:?}");
        assert_eq!(report.obstructed, ids.iter().filter(|id| world.shipment(**id).obstacle().is_some()).count());
        assert!((4..=7).contains(&report.obstructed), "{report:?}");
        assert!(report.first_outage().unwrap().contains("PIN delivery"), "{report:?}");
        assert!(ids.iter().all(|id| world.phase(*id) == phase));

        world.clock.pass(HOUR);
        let report = engine.processing.run(Run::All).await;
        let tried = (report.obstructed, world.faults.count(Call::Claim));
        assert_eq!(tried, (2, 2), "the first shipment tries, and one after ten others");
        assert_eq!(calls(call), 2);

        world.faults.heal();
        world.clock.pass(HOUR);
        let report = engine.processing.run(Run::Due).await;
        assert_eq!(report.first_outage(), None);
        assert_eq!(report.resume_at, Some(world.clock.now()), "the shipments on hold are processed next");
        let report = engine.processing.run(Run::All).await;
        assert_eq!((report.resume_at, report.first_outage()), (None, None));
    }
    assert!(ids.iter().all(|id| world.phase(*id) == "complete"));
}

/// One throttled call among hundreds must not put all others on hold until another run.
#[tokio::test]
async fn run_waits_for_short_cooldowns() {
    for (call, phase) in [(Call::Status, "accepted"), (Call::Register, "fulfilled")] {
        let world = World::new();
        let engine = world.engine();
        let mut ids = Vec::new();
        for _ in 0..9 {
            ids.push(world.shipped(&engine).await.shipment);
        }
        let start = world.clock.now();
        world.faults.once(call, Trouble::Throttle(Duration::from_secs(30)));
        let report = engine.processing.run(Run::All).await;
        assert_eq!((report.first_outage(), report.resume_at), (None, None));
        assert!(ids.iter().all(|id| world.phase(*id) == "complete"));
        assert!(world.clock.now() - start >= TimeDelta::seconds(30));

        let more = world.shipped(&engine).await.shipment;
        world.faults.always(call, Trouble::Throttle(Duration::from_secs(30)));
        world.faults.calls();
        let report = engine.processing.run(Run::All).await;
        assert_eq!(world.faults.count(call), 3, "then the party is left alone");
        assert!(report.first_outage().is_some() && report.resume_at.is_some(), "{report:?}");
        assert_eq!((world.phase(more), world.shipment(more).obstacle()), (phase, None));
    }
}

/// For example because the flow that sends the mail fails if a manager has no mailbox. Each looks like an outage.
#[tokio::test]
async fn shipments_that_always_fail_do_not_keep_the_others_waiting() {
    let world = World::new();
    let engine = world.engine();
    let mut ids = Vec::new();
    for _ in 0..40 {
        ids.push(world.shipped(&engine).await.shipment);
    }
    let failing = ids[..8].to_vec();
    lock(&world.pins).unanswered.clone_from(&failing);
    for _ in 0..4 {
        engine.processing.run(Run::All).await;
    }
    let complete = ids.iter().filter(|id| world.phase(**id) == "complete").count();
    assert_eq!(complete, 32);
    assert!(failing.iter().all(|id| world.shipment(*id).obstacle().is_some()));

    // Failures that are known are no outage.
    let more = world.shipped(&engine).await.shipment;
    let report = engine.processing.run(Run::All).await;
    assert_eq!((report.first_outage(), world.phase(more)), (None, "complete"));
    assert_eq!(report.obstructed, 8, "each was tried once: {report:?}");
}

/// A team whose manager has no mailbox: its members follow each other in the file that ordered their keys.
#[tokio::test]
async fn group_that_fails_does_not_hold_those_after_it() {
    let world = World::new();
    let engine = world.engine();
    let mut ids = Vec::new();
    for _ in 0..200 {
        ids.push(world.shipped(&engine).await.shipment);
    }
    lock(&world.pins).unanswered.extend_from_slice(&ids[20..80]);
    let complete = || ids.iter().filter(|id| world.phase(**id) == "complete").count();
    let report = engine.processing.run(Run::All).await;
    assert_eq!(report.first_outage(), None, "it works again");
    assert!(complete() > 90, "{}: {report:?}", complete());
    assert!(report.resume_at.is_some(), "those that were skipped are next");
    for _ in 0..4 {
        engine.processing.run(Run::All).await;
    }
    assert_eq!(complete(), 140);
}

#[tokio::test]
async fn few_shipments_try_a_party_that_does_not_answer() {
    let world = World::new();
    let engine = world.engine();
    for _ in 0..200 {
        world.shipped(&engine).await;
    }
    world.faults.always(Call::Deliver, status(503));
    let report = engine.processing.run(Run::All).await;
    // The tenth, the twentieth after it, and so on.
    let calls = world.faults.count(Call::Deliver);
    assert!((5..=10).contains(&calls), "{calls}: {report:?}");
    assert!(report.first_outage().is_some());
}

/// Failures that take long end last. At the end of each page of a listing, they would look like failures in a row.
#[tokio::test]
async fn slow_failures_do_not_hold_the_shipments_of_the_next_page() {
    let world = World::new();
    let engine = world.engine();
    let mut ids = Vec::new();
    for _ in 0..150 {
        ids.push(world.shipped(&engine).await.shipment);
    }
    for _ in 0..3 {
        world.faults.once(Call::Register, Trouble::Slow(Duration::from_secs(1)));
    }
    engine.processing.run(Run::All).await;
    let not_registered = ids.iter().filter(|id| world.phase(**id) == "fulfilled").count();
    assert_eq!(not_registered, 3);
}

#[tokio::test]
async fn delivery_service_that_does_not_answer_stops_the_run() {
    let world = World::new();
    let engine = world.engine();
    for _ in 0..30 {
        world.shipped(&engine).await;
    }
    world.faults.always(Call::Status, Trouble::Lost { done: false });
    let report = engine.processing.run(Run::All).await;
    assert!((3..=6).contains(&world.faults.count(Call::Status)), "{report:?}");
    assert!(report.first_outage().is_some());
}

/// Each delivery takes a minute, as with a mail server that accepts connections and does not reply.
#[tokio::test]
async fn pin_delivery_that_hangs_delays_no_registration() {
    let world = World::new();
    let engine = world.engine();
    for _ in 0..120 {
        world.shipped(&engine).await;
    }
    let start = world.clock.now();
    world.faults.always(Call::Deliver, Trouble::Slow(Duration::from_secs(60)));
    world.faults.calls();
    let report = engine.processing.run(Run::All).await;
    let calls = world.faults.calls();
    let last_key = calls.iter().rposition(|call| *call == Call::Register).unwrap();
    let count = |calls: &[Call], wanted| calls.iter().filter(|call| **call == wanted).count();
    assert_eq!(count(&calls, Call::Register), 120);
    assert!(count(&calls[..last_key], Call::Deliver) <= 4, "registrations waited for more than the first PINs");
    assert!(world.clock.now() <= start + Duration::from_secs(360), "the party is held, so the run ends soon");
    assert_eq!((report.processed, report.moved + report.obstructed), (120, 120));
}

/// As with thousands of keys at the pace of the identity provider: the first PIN need not wait for the last key.
#[tokio::test]
async fn pins_are_sent_while_other_keys_are_registered() {
    let world = World::new();
    let engine = world.engine();
    for _ in 0..40 {
        world.shipped(&engine).await;
    }
    world.faults.always(Call::Register, Trouble::Late(Duration::from_secs(60)));
    world.faults.calls();
    let report = engine.processing.run(Run::All).await;
    let calls = world.faults.calls();
    let last_key = calls.iter().rposition(|call| *call == Call::Register).unwrap();
    let pins = |calls: &[Call]| calls.iter().filter(|call| **call == Call::Deliver).count();
    assert!(pins(&calls[..last_key]) >= 30, "{} PINs before the last key", pins(&calls[..last_key]));
    assert_eq!((pins(&calls), report.processed, report.moved, report.obstructed), (40, 40, 40, 0));
}
