//! Requests of the API: a span, a count and a duration for each.

use std::sync::LazyLock;

use axum::extract::{MatchedPath, Request};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::Response;
use opentelemetry::metrics::Histogram;
use opentelemetry::{KeyValue, global};
use opentelemetry_http::HeaderExtractor;
use tokio::time::Instant;
use tracing::Instrument as _;
use tracing::field::Empty;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

/// Upper bounds in seconds, up to an order's budget.
const BOUNDS: [f64; 10] = [0.005, 0.025, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];

/// Made at the first request, which is after the meter provider is there.
static DURATION: LazyLock<Histogram<f64>> = LazyLock::new(|| {
    global::meter("keyferry")
        .f64_histogram("keyferry.api.request.duration")
        .with_unit("s")
        .with_description("How long requests of the API took")
        .with_boundaries(BOUNDS.to_vec())
        .build()
});

/// Measures a request. A caller's `traceparent` (<https://www.w3.org/TR/trace-context/>) becomes the parent of its span.
pub(crate) async fn measured(request: Request, next: Next) -> Response {
    // The route and not the path: labels are of a fixed set, and paths are the callers'.
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str).to_owned();
    let method = method(request.method());
    let span = tracing::info_span!(
        "request",
        otel.name = %format_args!("{method} {route}"),
        otel.kind = "server",
        http.request.method = method,
        http.route = route,
        http.response.status_code = Empty,
        otel.status_code = Empty,
    );
    let parent = global::get_text_map_propagator(|propagator| propagator.extract(&HeaderExtractor(request.headers())));
    // It cannot be set where no traces are exported; then nobody misses it.
    drop(span.set_parent(parent));
    let begin = Instant::now();
    let response = next.run(request).instrument(span.clone()).await;
    let status = response.status();
    span.record("http.response.status_code", i64::from(status.as_u16()));
    if status.is_server_error() {
        span.record("otel.status_code", "ERROR");
    }
    DURATION.record(
        begin.elapsed().as_secs_f64(),
        &[
            KeyValue::new("method", method),
            KeyValue::new("route", route),
            KeyValue::new("status", i64::from(status.as_u16())),
        ],
    );
    response
}

fn method(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "POST" => "POST",
        "HEAD" => "HEAD",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => "OTHER",
    }
}
