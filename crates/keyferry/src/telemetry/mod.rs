//! What the program tells about itself: log lines, a page of metrics, and OTLP for whoever wants traces and metrics.
//!
//! Rooms below measure with the OpenTelemetry API and make `tracing` spans; here alone it is decided where both go.

pub(crate) mod log;
mod once;
mod otlp;
pub(crate) mod page;
mod quiet;
pub(crate) mod requests;
mod wire;

use std::collections::BTreeMap;
use std::time::Duration;

use opentelemetry::trace::TracerProvider as _;
use opentelemetry::{KeyValue, global};
use opentelemetry_sdk::metrics::SdkMeterProvider;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracerProvider;

pub(crate) use self::log::Lines;

/// How long the end of the program may wait for a collector, for each of traces and metrics.
const LAST_EXPORT: Duration = Duration::from_secs(5);

/// Telemetry of this process, until it is shut down.
pub(crate) struct Telemetry {
    traces: Option<SdkTracerProvider>,
    metrics: Option<SdkMeterProvider>,
}

/// Starts logging at `level`, and all that the `OTEL_*` variables ask for. Trouble with these is a warning: the flow needs no
/// telemetry.
pub(crate) fn start(level: &str, lines: Lines, extra_ca: Option<&[u8]>) -> Telemetry {
    let environment: BTreeMap<String, String> = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .filter(|(name, value)| name.starts_with("OTEL_") && !value.trim().is_empty())
        .collect();
    let mut export = otlp::exporters(&environment, extra_ca);
    let mut meters = SdkMeterProvider::builder().with_resource(otlp::resource());
    match page::reader() {
        Ok(reader) => meters = meters.with_reader(reader),
        Err(error) => export.notes.push(format!("/metrics shows nothing: {error}")),
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
        tracing::warn!(note, "telemetry is not exported as it was asked for; the service goes on without");
    }
    let build =
        global::meter("keyferry").u64_gauge("keyferry.build.info").with_description("Which build this is").build();
    build.record(1, &[KeyValue::new("version", env!("CARGO_PKG_VERSION"))]);
    Telemetry { traces: export.traces, metrics: Some(meters) }
}

impl Telemetry {
    /// Exports what is left, for a few seconds at most.
    pub(crate) async fn shut_down(self) {
        let Self { traces, metrics } = self;
        // Both block, and need the runtime meanwhile.
        let traces = tokio::task::spawn_blocking(move || traces.map(|it| it.shutdown_with_timeout(LAST_EXPORT)));
        let metrics = tokio::task::spawn_blocking(move || metrics.map(|it| it.shutdown_with_timeout(LAST_EXPORT)));
        let both = async { (traces.await, metrics.await) };
        // What could not be exported was said by then.
        drop(tokio::time::timeout(LAST_EXPORT * 2, both).await);
    }
}
