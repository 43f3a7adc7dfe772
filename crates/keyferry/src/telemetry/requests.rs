//! Span, count and duration of API requests.

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

/// Upper bounds of the histogram in seconds, up to the time budget of an order.
const BOUNDS: [f64; 10] = [0.005, 0.025, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];

/// Created at the first request, when the meter provider is set.
static DURATION: LazyLock<Histogram<f64>> = LazyLock::new(|| {
    global::meter("keyferry")
        .f64_histogram("keyferry.api.request.duration")
        .with_unit("s")
        .with_description("Duration of API requests")
        .with_boundaries(BOUNDS.to_vec())
        .build()
});

/// Middleware that measures a request. The caller's `traceparent` (<https://www.w3.org/TR/trace-context/>) becomes the
/// parent of its span.
pub(crate) async fn measure(request: Request, next: Next) -> Response {
    // Use the route instead of the path as label: the set of routes is fixed, while callers choose paths.
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
    // Fails if no traces are exported, in which case no parent is needed.
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
