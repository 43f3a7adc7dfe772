//! Prometheus metrics on the port of the probes.

use std::sync::LazyLock;

use axum::Router;
use axum::http::{HeaderName, StatusCode, header};
use axum::routing::get;
use opentelemetry_prometheus::PrometheusExporter;
use prometheus::{Registry, TEXT_FORMAT, TextEncoder};

/// One registry per process, because the instruments are global as well.
static REGISTRY: LazyLock<Registry> = LazyLock::new(Registry::new);

/// Returns a reader that collects all instruments for each request of the page.
pub(super) fn reader() -> Result<PrometheusExporter, String> {
    // The exporter converts names to the text format (base units, `_total`).
    opentelemetry_prometheus::exporter()
        .with_registry(REGISTRY.clone())
        .without_target_info()
        .scope_info_enabled(false)
        .build()
        .map_err(|error| error.to_string())
}

/// Returns the route `/metrics`.
pub(crate) fn routes() -> Router {
    Router::new().route("/metrics", get(page))
}

async fn page() -> Result<([(HeaderName, &'static str); 1], String), (StatusCode, String)> {
    match TextEncoder::new().encode_to_string(&REGISTRY.gather()) {
        Ok(text) => Ok(([(header::CONTENT_TYPE, TEXT_FORMAT)], text)),
        Err(error) => Err((StatusCode::INTERNAL_SERVER_ERROR, error.to_string())),
    }
}
