//! Log lines.

use std::io::{IsTerminal as _, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};

use chrono::SecondsFormat;
use keyferry_domain::Clock as _;
use keyferry_domain::text::visible_json;
use opentelemetry_sdk::trace::SdkTracer;
use serde_json::json;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::fmt;
use tracing_subscriber::prelude::*;
use tracing_subscriber::{EnvFilter, Layer};

use super::quiet::Quiet;
use super::visible::Visible;
use crate::system::SystemClock;

/// Destination and format of log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lines {
    /// One JSON object per line on standard output. Lines below WARN do not match searches for problems, see
    /// `quiet.rs`.
    Json,
    /// Text on standard output.
    Text,
    /// Text on standard error, because standard output is used for something else.
    Stderr,
}

/// Whether errors before the start of logging are logged as JSON.
static EARLY_JSON: AtomicBool = AtomicBool::new(false);

/// Makes errors before the start of logging JSON lines on standard output.
pub(crate) fn set_early_json() {
    EARLY_JSON.store(true, Ordering::Relaxed);
}

/// Logs an error before the start of logging as JSON and returns `true`, or returns `false` if lines are not JSON.
pub(crate) fn early_error(message: &str) -> bool {
    let json = EARLY_JSON.load(Ordering::Relaxed);
    if json {
        let now = SystemClock.now().to_rfc3339_opts(SecondsFormat::Micros, true);
        let line = json!({
            "timestamp": now, "level": "ERROR", "fields": { "message": message }, "target": "keyferry"
        });
        // Ignore the error: if standard output is closed, there is no other output.
        drop(writeln!(std::io::stdout().lock(), "{}", visible_json(&line.to_string())));
    }
    json
}

/// Starts logging. Keyferry's crates log at `level`. Other crates log at WARN regardless of `level`, because their
/// lines may contain data that Keyferry does not log. Spans of Keyferry's crates go to the tracer, if there is one,
/// regardless of `level`.
pub(super) fn start(level: &str, lines: Lines, tracer: Option<SdkTracer>) {
    EARLY_JSON.store(lines == Lines::Json, Ordering::Relaxed);
    let filter = EnvFilter::new(directives(level));
    let layer = fmt::layer().log_internal_errors(false);
    let layer = match lines {
        Lines::Json => {
            let form = fmt::format().json().with_current_span(false).with_span_list(false);
            layer.json().event_format(Visible::json(Quiet(form))).with_writer(std::io::stdout).boxed()
        }
        // No colour codes unless it is a terminal: they would break searches in collected logs.
        Lines::Text => {
            let colours = std::io::stdout().is_terminal();
            let layer = layer.with_target(false).with_ansi(colours).with_writer(std::io::stdout);
            layer.map_event_format(|format| Visible::text(format.with_ansi(colours))).boxed()
        }
        Lines::Stderr => {
            let colours = std::io::stderr().is_terminal();
            let layer = layer.with_target(false).with_ansi(colours).with_writer(std::io::stderr);
            layer.map_event_format(|format| Visible::text(format.with_ansi(colours))).boxed()
        }
    };
    let traces = tracer.map(|tracer| {
        tracing_opentelemetry::layer()
            .with_tracer(tracer)
            .with_location(false)
            .with_threads(false)
            .with_tracked_inactivity(false)
            // Spans only. Events belong to the log, because some contain user names.
            .with_filter(filter_fn(|metadata| metadata.is_span() && metadata.target().starts_with("keyferry")))
    });
    let result = tracing_subscriber::registry().with(layer.with_filter(filter)).with(traces).try_init();
    // A second start happens in tests only. The first subscriber stays in place.
    drop(result);
}

/// Returns the filter for a log level. The levels are those of Spring Boot, as in the guide's variable, which also has
/// FATAL.
fn directives(level: &str) -> String {
    let level = if level.eq_ignore_ascii_case("FATAL") { "ERROR" } else { level };
    // Exporter errors are logged by `once.rs`, without values: the exporters' own messages may contain configured
    // values.
    format!("warn,opentelemetry=off,keyferry={level}")
}

/// Starts logging without telemetry.
#[cfg(test)]
pub(crate) fn only(level: &str, lines: Lines) {
    start(level, lines, None);
}

#[cfg(test)]
mod tests {
    use tracing::metadata::LevelFilter;

    use super::*;

    #[test]
    fn each_level_has_its_filter() {
        for (level, most) in [
            ("OFF", LevelFilter::WARN),
            ("FATAL", LevelFilter::WARN),
            ("ERROR", LevelFilter::WARN),
            ("WARN", LevelFilter::WARN),
            ("INFO", LevelFilter::INFO),
            ("DEBUG", LevelFilter::DEBUG),
            ("TRACE", LevelFilter::TRACE),
        ] {
            // Other crates log at WARN at every level.
            assert_eq!(EnvFilter::try_new(directives(level)).unwrap().max_level_hint(), Some(most), "{level}");
        }
        assert!(directives("OFF").ends_with("keyferry=OFF") && directives("FATAL").ends_with("keyferry=ERROR"));
    }
}
