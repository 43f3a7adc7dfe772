//! What a call to the outside leaves in metrics and traces. Nothing here exports: the program decides where it goes.

use std::sync::LazyLock;

use keyferry_domain::{Operation, Party};
use opentelemetry::metrics::{Counter, Histogram};
use opentelemetry::{KeyValue, global};
use tokio::time::Instant;
use tracing::field::Empty;
use tracing::{Instrument as _, Span};

/// Upper bounds in seconds, up to our own time-out.
const BOUNDS: [f64; 11] = [0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 75.0];

struct Instruments {
    calls: Counter<u64>,
    duration: Histogram<f64>,
    pins: Counter<u64>,
}

/// Made at the first use, which is after the program has said who keeps them.
static INSTRUMENTS: LazyLock<Instruments> = LazyLock::new(|| {
    let meter = global::meter("keyferry");
    Instruments {
        calls: meter
            .u64_counter("keyferry.outside.calls")
            .with_description("Calls to outside systems, by what came of them")
            .build(),
        duration: meter
            .f64_histogram("keyferry.outside.call.duration")
            .with_unit("s")
            .with_description("How long calls to outside systems took, the wait for our own pace included")
            .with_boundaries(BOUNDS.to_vec())
            .build(),
        pins: meter.u64_counter("keyferry.pins.handed.over").with_description("PINs handed over, by way").build(),
    }
});

/// Who is asked, and for what. Both are of a fixed set, so that they can be labels.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    /// Whom.
    pub party: Party,
    /// For what.
    pub operation: Operation,
}

/// What came of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was done.
    Success,
    /// It was answered with a redirect, which is never followed.
    Redirected,
    /// It was refused (4xx, or the like of another protocol).
    Refused,
    /// The other side asked for a slower pace (429).
    Throttled,
    /// The other side has trouble of its own (5xx).
    Unavailable,
    /// No whole answer came, or nothing could be sent.
    Unanswered,
}

impl Outcome {
    /// By the status of an HTTP answer.
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
            Self::Unanswered => "unanswered",
        }
    }
}

/// Makes a call that is counted, timed and a span. `outcome` tells what came of it, and the status if there is one.
pub async fn measured<T>(
    asked: Option<Asked>,
    call: impl Future<Output = T>,
    correlation: Option<&str>,
    outcome: impl FnOnce(&T) -> (Outcome, Option<u16>),
) -> T {
    let (party, operation) =
        asked.map_or(("other".to_owned(), "other".to_owned()), |asked| (label(&asked.party), label(&asked.operation)));
    // Neither address nor path: they name users, and a Logic App's is a secret.
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
    tell(&span, outcome, status);
    let labels = [KeyValue::new("party", party), KeyValue::new("operation", operation)];
    INSTRUMENTS.duration.record(begin.elapsed().as_secs_f64(), &labels);
    let [party, operation] = labels;
    INSTRUMENTS.calls.add(1, &[party, operation, KeyValue::new("outcome", outcome.as_str())]);
    result
}

/// A PIN was handed over. `way` is of a fixed set: `logic_app`, `smtp`, `graph`.
pub fn pin_handed_over(way: &'static str) {
    INSTRUMENTS.pins.add(1, &[KeyValue::new("way", way)]);
}

fn tell(span: &Span, outcome: Outcome, status: Option<u16>) {
    span.record("outcome", outcome.as_str());
    if let Some(status) = status {
        span.record("http.response.status_code", i64::from(status));
    }
    if outcome != Outcome::Success {
        span.record("otel.status_code", "ERROR");
    }
}

/// The name of a variant in snake case.
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
    fn labels_are_words_of_one_kind() {
        assert_eq!(label(&Party::TokenEndpoint), "token_endpoint");
        assert_eq!(label(&Operation::Order), "order");
    }

    #[test]
    fn an_outcome_follows_from_the_status() {
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
