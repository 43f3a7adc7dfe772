//! Log lines.

use std::io::{IsTerminal as _, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};

use chrono::SecondsFormat;
use keyferry_domain::Clock as _;
use opentelemetry_sdk::trace::SdkTracer;
use serde_json::json;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::fmt;
use tracing_subscriber::prelude::*;
use tracing_subscriber::{EnvFilter, Layer};

use super::quiet::Quiet;
use crate::system::SystemClock;

/// Where lines go, and what they look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lines {
    /// One JSON object a line on standard output. Below WARN, no line holds what people search for to find trouble.
    Json,
    /// For people, on standard output.
    Text,
    /// For people, on standard error: standard output is for something else.
    Beside,
}

/// Whether a line that comes before logging starts is to be JSON.
static EARLY_JSON: AtomicBool = AtomicBool::new(false);

/// Says that from now on everything is a line of JSON on standard output, even before logging starts.
pub(crate) fn json_from_now_on() {
    EARLY_JSON.store(true, Ordering::Relaxed);
}

/// Says what went wrong before logging started: as JSON where lines are JSON; otherwise `false`.
pub(crate) fn early_error(message: &str) -> bool {
    let json = EARLY_JSON.load(Ordering::Relaxed);
    if json {
        let now = SystemClock.now().to_rfc3339_opts(SecondsFormat::Micros, true);
        let line = json!({
            "timestamp": now, "level": "ERROR", "fields": { "message": message }, "target": "keyferry"
        });
        // Nothing is left to be told when standard output is closed.
        drop(writeln!(std::io::stdout().lock(), "{line}"));
    }
    json
}

/// Starts logging: our own crates at `level`, others' at WARN, whatever `level` says, since theirs show more than ours.
/// Spans of our own crates go to the tracer, if there is one, whatever `level` says.
pub(super) fn start(level: &str, lines: Lines, tracer: Option<SdkTracer>) {
    EARLY_JSON.store(lines == Lines::Json, Ordering::Relaxed);
    let filter = EnvFilter::new(directives(level));
    let layer = fmt::layer().log_internal_errors(false);
    let layer = match lines {
        Lines::Json => {
            let form = fmt::format().json().with_current_span(false).with_span_list(false);
            layer.json().event_format(Quiet(form)).with_writer(std::io::stdout).boxed()
        }
        // Whoever searches collected lines for a text finds no colours in between.
        Lines::Text => {
            layer.with_target(false).with_ansi(std::io::stdout().is_terminal()).with_writer(std::io::stdout).boxed()
        }
        Lines::Beside => {
            layer.with_target(false).with_ansi(std::io::stderr().is_terminal()).with_writer(std::io::stderr).boxed()
        }
    };
    let traces = tracer.map(|tracer| {
        tracing_opentelemetry::layer()
            .with_tracer(tracer)
            .with_location(false)
            .with_threads(false)
            .with_tracked_inactivity(false)
            // Events are the log's: some name users.
            .with_filter(filter_fn(|metadata| metadata.is_span() && metadata.target().starts_with("keyferry")))
    });
    let result = tracing_subscriber::registry().with(layer.with_filter(filter)).with(traces).try_init();
    // A second start happens in tests only, and the first one goes on.
    drop(result);
}

/// What is logged at a level of Spring's, which the guide's variable has: FATAL is one of its names for ERROR.
fn directives(level: &str) -> String {
    let level = if level.eq_ignore_ascii_case("FATAL") { "ERROR" } else { level };
    // What the exporters meet is said by `once`, and without the values that they were given.
    format!("warn,opentelemetry=off,keyferry={level}")
}

/// Starts logging and nothing else.
#[cfg(test)]
pub(crate) fn only(level: &str, lines: Lines) {
    start(level, lines, None);
}

#[cfg(test)]
mod tests {
    use tracing::metadata::LevelFilter;

    use super::*;

    #[test]
    fn each_level_is_one() {
        for (level, most) in [
            ("OFF", LevelFilter::WARN),
            ("FATAL", LevelFilter::WARN),
            ("ERROR", LevelFilter::WARN),
            ("WARN", LevelFilter::WARN),
            ("INFO", LevelFilter::INFO),
            ("DEBUG", LevelFilter::DEBUG),
            ("TRACE", LevelFilter::TRACE),
        ] {
            // Others' crates are told of at WARN in any case.
            assert_eq!(EnvFilter::try_new(directives(level)).unwrap().max_level_hint(), Some(most), "{level}");
        }
        assert!(directives("OFF").ends_with("keyferry=OFF") && directives("FATAL").ends_with("keyferry=ERROR"));
    }
}
