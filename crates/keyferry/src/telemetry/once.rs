//! Exporters that log the first failed export, and the first successful one after it, instead of every failure.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::Temporality;
use opentelemetry_sdk::metrics::data::ResourceMetrics;
use opentelemetry_sdk::metrics::exporter::PushMetricExporter;
use opentelemetry_sdk::trace::{SpanData, SpanExporter};

use super::wire::LastFailure;

/// An exporter that tracks whether exports fail.
#[derive(Debug)]
pub(super) struct Once<E> {
    exporter: E,
    signal: &'static str,
    /// Reason of the last failure, from the HTTP client. The exporter's own error may repeat the collector's response.
    last_failure: Arc<LastFailure>,
    failing: AtomicBool,
}

impl<E> Once<E> {
    pub(super) fn new(exporter: E, signal: &'static str, last_failure: Arc<LastFailure>) -> Self {
        Self { exporter, signal, last_failure, failing: AtomicBool::new(false) }
    }

    fn note(&self, result: OTelSdkResult) -> OTelSdkResult {
        let (signal, failing) = (self.signal, result.is_err());
        match (self.failing.swap(failing, Ordering::Relaxed), failing) {
            (false, true) => {
                let reason = self.last_failure.get();
                tracing::warn!(
                    signal,
                    reason,
                    "could not export telemetry to the OTLP collector: continuing without it, logged once until export \
                     recovers"
                );
            }
            (true, false) => tracing::info!(signal, "telemetry export to the OTLP collector recovered"),
            _ => {}
        }
        result
    }
}

impl<E: SpanExporter> SpanExporter for Once<E> {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        self.note(self.exporter.export(batch).await)
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.exporter.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}

impl<E: PushMetricExporter> PushMetricExporter for Once<E> {
    async fn export(&self, metrics: &ResourceMetrics) -> OTelSdkResult {
        self.note(self.exporter.export(metrics).await)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.exporter.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn temporality(&self) -> Temporality {
        self.exporter.temporality()
    }
}
