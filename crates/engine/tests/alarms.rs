//! Log lines that operators and alerts depend on.
//!
//! A separate test binary with a single test, because all threads of a process share one log.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails where it panics")]

mod support;

use std::sync::Arc;
use std::time::Duration;

use keyferry_domain::ports::OpenCounts;
use keyferry_engine::{CreateRequest, PrivilegedUsers, Schedule};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::support::log::Log;
use crate::support::trouble::status;
use crate::support::world::{HOUR, ada, caller, request};
use crate::support::{Call, Trouble, World, lock};

#[tokio::test]
async fn logs_events_that_operators_need() {
    let (log, _guard) = Log::start();
    let world = World::new();
    let engine = world.engine();
    engine.processing.process_on_demand().await;
    assert!(log.taken().contains("processing run finished"), "logged for runs without work, too");

    // Two shipments with the same delivery id.
    const REPEATED: &str = "response to the order has the id of another shipment";
    let first = world.shipped(&engine).await;
    assert!(!log.taken().contains(REPEATED));
    lock(&world.delivery).next_id = Some(first.delivery_id.clone());
    world.clock.pass(Duration::from_secs(1));
    engine.orders.create(request(ada())).await.unwrap_err();
    assert!(log.taken().contains(REPEATED));

    // Keyferry's own token for the delivery service, which only the operator can replace.
    const TOKEN: &str = "refused Keyferry's own API token";
    for (answer, logged) in [(400, false), (401, true)] {
        world.faults.once(Call::Order, status(answer));
        engine.orders.create(request(ada())).await.unwrap_err();
        let log = log.taken();
        assert_eq!((log.contains(TOKEN), log.contains("Check the app credential.")), (logged, logged), "{answer}");
    }

    // A misspelt member of the request.
    const IGNORED: &str = "ignored unknown members of the order";
    lock(&world.delivery).next_id = None;
    assert!(!log.taken().contains(IGNORED));
    let unknown_members = vec!["enrolment_contacts (did you mean enrollment_contacts?)".to_owned()];
    let request = CreateRequest { unknown_members, ..request(ada()) };
    let created = engine.orders.create(request).await.unwrap();
    let taken = log.taken();
    let line = taken.lines().find(|line| line.contains(IGNORED)).unwrap();
    for part in ["WARN", "enrolment_contacts (did you mean", &created.shipment.to_string()] {
        assert!(line.contains(part), "{part} is not in {line}");
    }

    engine.processing.process_on_demand().await;
    assert!(log.taken().contains("processing run finished"));

    party_that_does_not_answer(&log).await;
    clock_and_damage(&log).await;
    cancelled_key_ships(&log).await;
    roles_that_may_not_be_read(&log).await;
}

/// Logged for the first order, not for every order.
async fn roles_that_may_not_be_read(log: &Log) {
    const UNREADABLE: &str = "could not read roles of users: privileged users are not refused";
    let world = World::new();
    world.faults.always(Call::Roles, status(403));
    let engine = world.engine_with(|settings| settings.privileged_users = PrivilegedUsers::Refuse);
    for logged in [true, false] {
        engine.orders.create(request(ada())).await.unwrap();
        let taken = log.taken();
        assert_eq!(taken.lines().any(|line| line.contains("WARN") && line.contains(UNREADABLE)), logged, "{taken}");
    }
}

async fn cancelled_key_ships(log: &Log) {
    const ALARM: &str = "key of cancelled shipment was made or shipped";
    let world = World::new();
    let engine = world.engine();
    let created = world.ordered(&engine).await;
    lock(&world.delivery).keeps_orders = true;
    engine.operator.cancel(&created.shipment.to_string(), caller(), "the person left").await.unwrap();
    world.ship(&created.delivery_id);
    log.taken();
    for _ in 0..3 {
        engine.processing.process_on_demand().await;
    }
    let taken = log.taken();
    assert_eq!(taken.lines().filter(|line| line.contains("ERROR") && line.contains(ALARM)).count(), 1, "{taken}");
}

async fn party_that_does_not_answer(log: &Log) {
    let world = World::new();
    let engine = world.engine();
    for _ in 0..30 {
        world.shipped(&engine).await;
    }
    world.faults.always(Call::Deliver, status(503));
    log.taken();
    engine.processing.process_on_demand().await;
    let text = log.taken();
    assert!((3..=6).contains(&text.matches("shipment has an obstacle").count()), "{text}");
    let held: Vec<_> = text.lines().filter(|line| line.contains("dependency is failing")).collect();
    assert!(held.len() == 1 && held[0].contains("ERROR") && held[0].contains("shipments=30"), "{held:?}");
}

async fn clock_and_damage(log: &Log) {
    let world = World::new();
    world.shipped(&world.engine()).await;
    lock(&world.damage).findings = vec!["page 7 of the index is not readable".into()];
    lock(&world.damage).open_counts = Some(OpenCounts { by_table: 3, by_index: 1 });
    let (gate, stop, schedule) = (Arc::new(Notify::new()), CancellationToken::new(), "0 0 * * * *");
    world.faults.once(Call::Status, Trouble::Hold(gate.clone()));
    world.clock.hold();
    let (engine, token, schedule) = (world.engine(), stop.clone(), Schedule::parse(schedule).unwrap());
    tokio::spawn(async move { engine.schedules.process_on_schedule(&schedule, &token).await });
    world.clock.run_to(world.clock.now() + Duration::from_secs(60)).await;
    world.clock.set(chrono::TimeDelta::days(-1));
    world.clock.run_to(world.clock.now() + 5 * HOUR).await;
    gate.notify_one();
    world.clock.run_to(world.clock.now() + HOUR).await;
    let text = log.taken();
    for (message, times) in [
        ("seconds=-86400", 1),
        ("page 7 of the index", 1),
        ("no scheduled run finished for two intervals", 1),
        ("scheduled runs finish again", 1),
    ] {
        assert_eq!(text.matches(message).count(), times, "{message} in {text}");
    }
    assert!(text.contains("by_table=3 by_index=1"), "{text}");
    stop.cancel();
}
