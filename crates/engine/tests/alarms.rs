//! Log lines that operators and alerts depend on.
//!
//! A separate test binary with a single test, because all threads of a process share one log.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails where it panics")]

mod support;

use std::time::Duration;

use keyferry_engine::CreateRequest;

use crate::support::log::Log;
use crate::support::trouble::status;
use crate::support::world::{ada, request};
use crate::support::{Call, World, lock};

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
}
