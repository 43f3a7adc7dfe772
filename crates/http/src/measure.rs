//! Metrics and traces of calls to external services. The program installs the exporters.

use std::sync::LazyLock;

use keyferry_domain::{Operation, Party};
use opentelemetry::metrics::{Counter, Histogram};
use opentelemetry::{KeyValue, global};
use tokio::time::Instant;
use tracing::field::Empty;
use tracing::{Instrument as _, Span};

/// Upper bounds of the histogram in seconds, up to the client's timeout.
const BOUNDS: [f64; 11] = [0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 75.0];

struct Instruments {
    calls: Counter<u64>,
    duration: Histogram<f64>,
    pins: Counter<u64>,
}

/// Created on first use, after the program has installed its meter provider.
static INSTRUMENTS: LazyLock<Instruments> = LazyLock::new(|| {
    let meter = global::meter("keyferry");
    Instruments {
        calls: meter
            .u64_counter("keyferry.outgoing.calls")
            .with_description("Calls to external services, by outcome")
            .build(),
        duration: meter
            .f64_histogram("keyferry.outgoing.call.duration")
            .with_unit("s")
            .with_description("Duration of calls to external services, including the wait for the rate limit")
            .with_boundaries(BOUNDS.to_vec())
            .build(),
        pins: meter.u64_counter("keyferry.pins.delivered").with_description("Delivered PINs, by method").build(),
    }
});

/// Called party and operation. Both have few fixed values, so they can be labels.
#[derive(Clone, Copy, Debug)]
pub struct CallLabels {
    /// Called party.
    pub party: Party,
    /// Requested operation.
    pub operation: Operation,
}

/// Outcome of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The call succeeded (2xx).
    Success,
    /// The response is a redirect.
    Redirected,
    /// The other service refused the call (4xx, or the equivalent in another protocol).
    Refused,
    /// The other service throttled the call (429).
    Throttled,
    /// The other service failed (5xx).
    Unavailable,
    /// The request was not sent, or no complete response was received.
    NoResponse,
}

impl Outcome {
    /// Returns the outcome for an HTTP status.
    pub fn of_status(status: u16) -> Self {
        match status {
            200..=299 => Self::Success,
            429 => Self::Throttled,
            400..=499 => Self::Refused,
            500.. => Self::Unavailable,
            _ => Self::Redirected,
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Redirected => "redirected",
            Self::Refused => "refused",
            Self::Throttled => "throttled",
            Self::Unavailable => "unavailable",
            Self::NoResponse => "unanswered",
        }
    }
}

/// Makes a call and records its count, duration and span. `outcome` returns outcome and status, if any, of the result.
pub async fn measured<T>(
    asked: Option<CallLabels>,
    call: impl Future<Output = T>,
    correlation: Option<&str>,
    outcome: impl FnOnce(&T) -> (Outcome, Option<u16>),
) -> T {
    let (party, operation) =
        asked.map_or(("other".to_owned(), "other".to_owned()), |asked| (label(&asked.party), label(&asked.operation)));
    // The span has neither URL nor path: paths contain user names, and the URL of a Logic App is a secret.
    let span = tracing::info_span!(
        "outside call",
        otel.name = %format_args!("{party} {operation}"),
        otel.kind = "client",
        party,
        operation,
        client_request_id = correlation,
        outcome = Empty,
        http.response.status_code = Empty,
        otel.status_code = Empty,
    );
    let begin = Instant::now();
    let result = call.instrument(span.clone()).await;
    let (outcome, status) = outcome(&result);
    record(&span, outcome, status);
    let labels = [KeyValue::new("party", party), KeyValue::new("operation", operation)];
    INSTRUMENTS.duration.record(begin.elapsed().as_secs_f64(), &labels);
    let [party, operation] = labels;
    INSTRUMENTS.calls.add(1, &[party, operation, KeyValue::new("outcome", outcome.as_str())]);
    result
}

/// Counts a delivered PIN. `way` is `logic_app`, `smtp` or `graph`.
pub fn count_delivered_pin(way: &'static str) {
    INSTRUMENTS.pins.add(1, &[KeyValue::new("way", way)]);
}

fn record(span: &Span, outcome: Outcome, status: Option<u16>) {
    span.record("outcome", outcome.as_str());
    if let Some(status) = status {
        span.record("http.response.status_code", i64::from(status));
    }
    if outcome != Outcome::Success {
        span.record("otel.status_code", "ERROR");
    }
}

/// Returns the name of a variant in snake case.
fn label(variant: &impl std::fmt::Debug) -> String {
    let mut label = String::new();
    for character in format!("{variant:?}").chars() {
        if character.is_ascii_uppercase() && !label.is_empty() {
            label.push('_');
        }
        label.push(character.to_ascii_lowercase());
    }
    label
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_in_snake_case() {
        assert_eq!(label(&Party::TokenEndpoint), "token_endpoint");
        assert_eq!(label(&Operation::Order), "order");
    }

    #[test]
    fn outcome_depends_on_status() {
        use Outcome::{Redirected, Refused, Success, Throttled, Unavailable};
        for (status, outcome) in [
            (200, Success),
            (204, Success),
            (302, Redirected),
            (400, Refused),
            (429, Throttled),
            (499, Refused),
            (500, Unavailable),
            (503, Unavailable),
        ] {
            assert_eq!(Outcome::of_status(status), outcome, "{status}");
        }
    }
}
