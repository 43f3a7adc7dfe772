//! The page of metrics for Prometheus, on the port of the probes.

use std::sync::LazyLock;

use axum::Router;
use axum::http::{HeaderName, StatusCode, header};
use axum::routing::get;
use opentelemetry_prometheus::PrometheusExporter;
use prometheus::{Registry, TEXT_FORMAT, TextEncoder};

/// Of this process, as the instruments are.
static REGISTRY: LazyLock<Registry> = LazyLock::new(Registry::new);

/// Reads all instruments when the page is asked for.
pub(super) fn reader() -> Result<PrometheusExporter, String> {
    // Names as the text format wants them (base units, `_total`) are the exporter's matter.
    opentelemetry_prometheus::exporter()
        .with_registry(REGISTRY.clone())
        .without_target_info()
        .scope_info_enabled(false)
        .build()
        .map_err(|error| error.to_string())
}

/// `/metrics`
pub(crate) fn routes() -> Router {
    Router::new().route("/metrics", get(page))
}

async fn page() -> Result<([(HeaderName, &'static str); 1], String), (StatusCode, String)> {
    match TextEncoder::new().encode_to_string(&REGISTRY.gather()) {
        Ok(text) => Ok(([(header::CONTENT_TYPE, TEXT_FORMAT)], text)),
        Err(error) => Err((StatusCode::INTERNAL_SERVER_ERROR, error.to_string())),
    }
}
