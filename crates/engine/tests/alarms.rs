//! What only an operator can see in the log, and must.
//!
//! A test binary of its own with one test: what is logged depends on all threads of a process.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails where it panics")]

mod support;

use std::time::Duration;

use crate::support::log::Log;
use crate::support::trouble::status;
use crate::support::world::{ada, request};
use crate::support::{Call, World, lock};

#[tokio::test]
async fn an_operator_finds_in_the_log_what_nobody_else_is_told() {
    let (log, _guard) = Log::start();
    let world = World::new();
    let engine = world.engine();
    engine.processing.process_on_demand().await;
    assert!(log.taken().contains("processing is done"), "also when there is nothing to do");

    // An id of the delivery service that two shipments have.
    const REPEATED: &str = "gave an id that another shipment has";
    let first = world.shipped(&engine).await;
    assert!(!log.taken().contains(REPEATED));
    lock(&world.delivery).next_id = Some(first.delivery_id.clone());
    world.clock.pass(Duration::from_secs(1));
    engine.orders.create(request(ada())).await.unwrap();
    assert!(log.taken().contains(REPEATED));

    // Our own token for the delivery service, which the caller can do nothing about.
    const TOKEN: &str = "the connector's own API token, not the caller's";
    for (answer, told) in [(400, false), (401, true)] {
        world.faults.once(Call::Order, status(answer));
        engine.orders.create(request(ada())).await.unwrap_err();
        let log = log.taken();
        assert_eq!((log.contains(TOKEN), log.contains("Check the app credential.")), (told, told), "{answer}");
    }

    engine.processing.process_on_demand().await;
    assert!(log.taken().contains("processing is done"));
}
