//! Logs, records and errors contain no PIN and no response key.
//!
//! A separate test binary, because all threads of a process share one log.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails where it panics")]

mod support;

use keyferry_engine::Release;
use keyferry_engine::Run;

use crate::support::log::Log;
use crate::support::trouble::status;
use crate::support::world::{caller, hour_later};
use crate::support::{Call, Tamper, World, lock};

#[tokio::test]
async fn logs_records_and_errors_contain_no_pin_or_response_key() {
    let (log, _guard) = Log::start();
    let world = World::new();
    let engine = world.engine();
    let mut returned = String::new();
    for tamper in [
        None,
        Some(Tamper::PinLength),
        Some(Tamper::PinSerial),
        Some(Tamper::Challenge),
        Some(Tamper::CredentialSerial),
    ] {
        let created = match tamper {
            Some(tamper) => world.shipped_with(&engine, tamper).await,
            None => world.shipped(&engine).await,
        };
        world.faults.once(Call::Deliver, status(550));
        hour_later(&world, &engine).await;
        returned += &format!(
            "{:?}",
            engine.operator.resend_pin(created.delivery_id.as_str(), caller(), Release::default()).await
        );
        returned += &format!("{:?}", engine.processing.run(Run::All).await);
        returned += &format!("{:?}", engine.views.details(created.delivery_id.as_str()).await);
    }
    assert_eq!(world.sent().len(), 1);
    let pins: Vec<_> =
        lock(&world.delivery).parcels.iter().map(|(_, parcel)| parcel.made.as_ref().unwrap().pin.clone()).collect();
    let keys = lock(&world.delivery).response_keys();
    assert_eq!((pins.len(), keys.len()), (5, 5));
    let log = log.taken();
    assert!(log.contains("shipment entered phase"), "the log is empty");
    let written = lock(&world.records).written.join("\n");
    for secret in pins.iter().chain(&keys) {
        for place in [&log, &written, &returned] {
            assert!(!place.contains(secret.as_str()), "a secret is visible");
        }
    }
}
