//! Requests that a limit refused are in the history of their shipment, but do not fill it.

use std::time::Duration;

use keyferry_domain::{Actor, EventKind};
use keyferry_engine::Run;

use crate::support::world::{HOUR, caller};
use crate::support::{Call, Trouble, World};

const LIMIT: &str = "the limit of 5 resends per hour and person is reached (KEYFERRY_RESENDS_PER_PERSON)";

#[tokio::test]
async fn one_event_per_hour_however_many_requests() {
    let world = World::new();
    let engine = world.engine();
    let created = world.completed(&engine).await;
    let before = world.events(created.shipment).len();
    for hour in 1..=2 {
        for _ in 0..50 {
            engine.operator.limit_reached(&created.delivery_id.to_string(), caller(), LIMIT).await;
            world.clock.pass(Duration::from_secs(60));
        }
        let events = world.events(created.shipment);
        assert_eq!(events.len(), before + hour);
        let event = events.last().unwrap();
        assert_eq!((event.kind, event.times), (EventKind::LimitReached, 1));
        assert_eq!(event.actor, Actor::Caller(caller()));
        assert_eq!(event.detail, format!("a request to send the PIN was refused: {LIMIT}"));
        world.clock.pass(HOUR);
    }
    assert_eq!(world.phase(created.shipment), "complete");
}

/// A flood of refused requests must not take the record from a run.
#[tokio::test]
async fn shipment_that_is_being_processed_is_left_alone() {
    let world = World::new();
    let engine = world.engine();
    let created = world.shipped(&engine).await;
    let gate = std::sync::Arc::new(tokio::sync::Notify::new());
    world.faults.once(Call::Register, Trouble::Hold(gate.clone()));
    let run = engine.processing.run(Run::All);
    let flood = async {
        world.faults.met(Call::Register).await;
        engine.operator.limit_reached(&created.shipment.to_string(), caller(), LIMIT).await;
        gate.notify_one();
    };
    tokio::join!(run, flood);
    assert_eq!((world.phase(created.shipment), world.methods(0), world.sent().len()), ("complete", 1, 1));
    assert!(world.events(created.shipment).iter().all(|event| event.kind != EventKind::LimitReached));
}

#[tokio::test]
async fn failure_to_record_is_none_of_the_caller() {
    let world = World::new();
    let engine = world.engine();
    let created = world.completed(&engine).await;
    let before = world.events(created.shipment).len();
    engine.operator.limit_reached("unknown", caller(), LIMIT).await;
    world.faults.once(Call::Commit, Trouble::Refuse(keyferry_domain::FailureKind::TimedOut));
    engine.operator.limit_reached(&created.shipment.to_string(), caller(), LIMIT).await;
    assert_eq!(world.events(created.shipment).len(), before);
    engine.operator.limit_reached(&created.shipment.to_string(), caller(), LIMIT).await;
    assert_eq!(world.events(created.shipment).len(), before + 1);
}
