//! Telemetry of the program: log lines, Prometheus metrics, and OTLP export of traces and metrics.
//!
//! The other crates record metrics with the OpenTelemetry API and create `tracing` spans. Only this module configures
//! where both are sent.

pub(crate) mod log;
mod once;
mod otlp;
pub(crate) mod page;
mod quiet;
pub(crate) mod requests;
mod visible;
mod wire;

use std::collections::BTreeMap;
use std::time::Duration;

use opentelemetry::trace::TracerProvider as _;
use opentelemetry::{KeyValue, global};
use opentelemetry_sdk::metrics::SdkMeterProvider;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracerProvider;

pub(crate) use self::log::Lines;

/// Timeout of the last export at shutdown, for each of traces and metrics.
const LAST_EXPORT_TIMEOUT: Duration = Duration::from_secs(5);

/// Telemetry of this process.
pub(crate) struct Telemetry {
    traces: Option<SdkTracerProvider>,
    metrics: Option<SdkMeterProvider>,
}

/// Starts logging at `level` and the exporters that `OTEL_*` variables configure. A problem with the exporters is
/// logged as a warning, because the service works without telemetry.
pub(crate) fn start(level: &str, lines: Lines, extra_ca: Option<&[u8]>) -> Telemetry {
    let environment: BTreeMap<String, String> = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .filter(|(name, value)| name.starts_with("OTEL_") && !value.trim().is_empty())
        .collect();
    let mut export = otlp::exporters(&environment, extra_ca);
    let mut meters = SdkMeterProvider::builder().with_resource(otlp::resource());
    match page::reader() {
        Ok(reader) => meters = meters.with_reader(reader),
        Err(error) => export.notes.push(format!("/metrics is not available: {error}")),
    }
    if let Some(reader) = export.metrics {
        meters = meters.with_reader(reader);
    }
    let meters = meters.build();
    global::set_meter_provider(meters.clone());
    global::set_text_map_propagator(TraceContextPropagator::new());
    let tracer = export.traces.as_ref().map(|traces| traces.tracer("keyferry"));
    log::start(level, lines, tracer);
    for note in export.notes {
        tracing::warn!(note, "could not set up telemetry export: continuing without it");
    }
    let build = global::meter("keyferry")
        .u64_gauge("keyferry.build.info")
        .with_description("Version of the running build")
        .build();
    build.record(1, &[KeyValue::new("version", env!("CARGO_PKG_VERSION"))]);
    Telemetry { traces: export.traces, metrics: Some(meters) }
}

impl Telemetry {
    /// Exports remaining data, for a few seconds at most.
    pub(crate) async fn shut_down(self) {
        let Self { traces, metrics } = self;
        // Both calls block while they need the runtime, so they run on blocking threads.
        let traces =
            tokio::task::spawn_blocking(move || traces.map(|it| it.shutdown_with_timeout(LAST_EXPORT_TIMEOUT)));
        let metrics =
            tokio::task::spawn_blocking(move || metrics.map(|it| it.shutdown_with_timeout(LAST_EXPORT_TIMEOUT)));
        let both = async { (traces.await, metrics.await) };
        // Failed exports have already been logged.
        drop(tokio::time::timeout(LAST_EXPORT_TIMEOUT * 2, both).await);
    }
}
