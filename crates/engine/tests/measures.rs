//! Metrics of the engine. Instruments belong to one engine.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails where it panics")]

mod support;

use std::collections::BTreeMap;
use std::time::Duration;

use keyferry_engine::Release;
use keyferry_engine::{CreateRequest, Engine, Run, Schedule};
use opentelemetry::metrics::{Meter, MeterProvider as _};
use opentelemetry_sdk::metrics::SdkMeterProvider;
use prometheus::{Registry, TextEncoder};
use tokio_util::sync::CancellationToken;

use crate::support::trouble::status;
use crate::support::world::{HOUR, ada, caller, request};
use crate::support::{Call, World};

/// Exported metrics of one engine.
struct Page {
    registry: Registry,
    provider: SdkMeterProvider,
}

impl Page {
    fn new() -> Self {
        let registry = Registry::new();
        let exporter = opentelemetry_prometheus::exporter().with_registry(registry.clone()).without_target_info();
        let reader = exporter.scope_info_enabled(false).build().unwrap();
        Self { registry, provider: SdkMeterProvider::builder().with_reader(reader).build() }
    }

    fn meter(&self) -> Meter {
        self.provider.meter("engine")
    }

    fn values(&self) -> BTreeMap<String, f64> {
        let text = TextEncoder::new().encode_to_string(&self.registry.gather()).unwrap();
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        lines
            .map(|line| line.rsplit_once(' ').unwrap())
            .map(|(name, value)| (name.to_owned(), value.parse().unwrap()))
            .collect()
    }

    #[track_caller]
    fn has(&self, expected: &[(&str, f64)]) {
        let values = self.values();
        for (name, value) in expected {
            assert_eq!(values.get(*name), Some(value), "{name} in {values:#?}");
        }
    }
}

const COMPLETE: &str = r#"keyferry_shipment_transitions_total{phase="complete"}"#;
const RETRY: &str = r#"keyferry_shipments{obstacle="retry",phase="accepted"}"#;
const CLEAR: &str = r#"keyferry_shipments{obstacle="none",phase="accepted"}"#;

#[tokio::test]
async fn records_metrics_of_each_step() {
    let page = Page::new();
    let world = World::new_measured(page.meter());
    let engine = world.engine();

    let keyed = || CreateRequest { idempotency: Some(("k".into(), "b".into())), ..request(ada()) };
    let created = engine.orders.create(keyed()).await.unwrap();
    engine.orders.create(keyed()).await.unwrap();
    world.faults.once(Call::Order, status(400));
    engine.orders.create(request(ada())).await.unwrap_err();
    world.faults.once(Call::Order, crate::support::Trouble::Lost { done: true });
    engine.orders.create(request(ada())).await.unwrap_err();
    page.has(&[
        (r#"keyferry_orders_total{outcome="accepted"}"#, 1.0),
        (r#"keyferry_orders_total{outcome="refused"}"#, 1.0),
        (r#"keyferry_orders_total{outcome="unconfirmed"}"#, 1.0),
        ("keyferry_idempotent_replays_total", 1.0),
    ]);

    world.ship(&created.delivery_id);
    world.faults.once(Call::Status, status(503));
    world.clock.pass(Duration::from_secs(90));
    engine.processing.run(Run::All).await;
    page.has(&[
        (CLEAR, 1.0),
        (RETRY, 0.0),
        ("keyferry_shipments_oldest_age_seconds", 90.0),
        (r#"keyferry_run_duration_seconds_count{kind="all",outcome="success"}"#, 1.0),
        ("keyferry_records_unreadable", 0.0),
    ]);
    let last = page.values()["keyferry_run_last_success_timestamp_seconds"];
    assert!((last - world.clock.now().timestamp() as f64).abs() < 2.0, "{last}");

    engine.processing.run(Run::Due).await;
    page.has(&[
        (CLEAR, 0.0),
        (RETRY, 1.0),
        (r#"keyferry_run_duration_seconds_count{kind="due",outcome="success"}"#, 1.0),
    ]);
    assert!(!page.values().contains_key(COMPLETE));
    world.clock.pass(HOUR);
    engine.processing.run(Run::All).await;
    page.has(&[
        (r#"keyferry_shipment_transitions_total{phase="registered"}"#, 1.0),
        (COMPLETE, 1.0),
        ("keyferry_registrations_total", 1.0),
    ]);
    engine.operator.resend_pin(created.delivery_id.as_str(), caller(), Release::default()).await.unwrap();
    engine.operator.resend_pin("nobody's", caller(), Release::default()).await.unwrap_err();
    page.has(&[
        (r#"keyferry_pin_resends_total{outcome="sent"}"#, 1.0),
        (r#"keyferry_pin_resends_total{outcome="not_possible"}"#, 1.0),
    ]);

    // A run with an outage is not a success.
    let open = world.ordered(&engine).await;
    world.faults.always(Call::Counts, status(503));
    world.clock.pass(HOUR);
    let before = page.values()["keyferry_run_last_success_timestamp_seconds"];
    engine.processing.run(Run::All).await;
    page.has(&[
        (r#"keyferry_run_duration_seconds_count{kind="all",outcome="on_hold"}"#, 1.0),
        ("keyferry_run_last_success_timestamp_seconds", before),
    ]);
    world.faults.heal();

    // A replica without the scheduler lease reports zero shipments.
    world.clock.hold();
    let start = world.clock.now();
    let holder = scheduled(&engine);
    world.clock.run_to(start + Duration::from_secs(5)).await;
    page.has(&[("keyferry_lease_held", 1.0)]);
    world.clock.run_to(start + 2 * HOUR).await;
    page.has(&[(CLEAR, 1.0)]);
    holder.cancel();
    world.clock.run_to(start + 2 * HOUR + Duration::from_secs(5)).await;
    page.has(&[("keyferry_lease_held", 0.0), (CLEAR, 0.0)]);
    engine.processing.run(Run::All).await;
    page.has(&[(CLEAR, 0.0)]);
    assert_eq!(world.phase(open.shipment), "accepted");
}

/// Two engines in one process, for example two replicas in a simulation, must not share instruments.
#[tokio::test]
async fn engines_do_not_share_instruments() {
    let (page, other_page) = (Page::new(), Page::new());
    let world = World::new_measured(page.meter());
    let (engine, other) = (world.engine(), world.engine_measured(&other_page.meter()));
    world.ordered(&engine).await;
    other.processing.run(Run::All).await;
    let accepted = r#"keyferry_orders_total{outcome="accepted"}"#;
    let ran = r#"keyferry_run_duration_seconds_count{kind="all",outcome="success"}"#;
    page.has(&[(accepted, 1.0)]);
    other_page.has(&[(ran, 1.0), (CLEAR, 1.0)]);
    assert!(!page.values().contains_key(ran) && !page.values().contains_key(CLEAR));
    assert!(!other_page.values().contains_key(accepted));

    // The replica without the lease reports zero shipments. The values of the other one are unchanged.
    world.clock.hold();
    let start = world.clock.now();
    let holder = scheduled(&other);
    world.clock.run_to(start + Duration::from_secs(5)).await;
    let waiting = scheduled(&engine);
    world.clock.run_to(start + Duration::from_secs(10)).await;
    other_page.has(&[("keyferry_lease_held", 1.0), (CLEAR, 1.0)]);
    page.has(&[("keyferry_lease_held", 0.0), (CLEAR, 0.0)]);
    engine.processing.run(Run::All).await;
    page.has(&[(CLEAR, 0.0)]);
    holder.cancel();
    waiting.cancel();
}

fn scheduled(engine: &Engine) -> CancellationToken {
    let (engine, stop) = (engine.clone(), CancellationToken::new());
    let token = stop.clone();
    let schedule = Schedule::parse("0 0 * * * *").unwrap();
    tokio::spawn(async move { engine.schedules.process_on_schedule(&schedule, &token).await });
    stop
}
