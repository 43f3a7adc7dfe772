//! Panic hook that does not print values.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::io::Write as _;
use std::panic::PanicHookInfo;

/// Installs a panic hook that reports the place of a panic but not the values in its message. A message may contain
/// secrets, for example when the standard library quotes a text that was sliced at a wrong index.
pub(crate) fn install_hook() {
    std::panic::set_hook(Box::new(report));
}

fn report(panic: &PanicHookInfo<'_>) {
    let thread = std::thread::current();
    let thread = thread.name().unwrap_or("unnamed");
    let place = panic.location().map(ToString::to_string).unwrap_or_default();
    // A `&'static str` is a literal of the program and contains no value. A formatted message is a `String`.
    let message =
        panic.payload().downcast_ref::<&'static str>().copied().unwrap_or("(not shown: it may contain a secret)");
    // Frames name functions and lines, and contain no values. `RUST_BACKTRACE` enables them.
    let backtrace = Backtrace::capture();
    let backtrace = (backtrace.status() == BacktraceStatus::Captured).then_some(backtrace);
    if tracing::dispatcher::has_been_set() {
        let backtrace = backtrace.as_ref().map(tracing::field::display);
        tracing::error!(thread, place, text = message, backtrace, "panicked, which is a bug in Keyferry");
        return;
    }
    let backtrace = backtrace.map(|frames| format!("\n{frames}")).unwrap_or_default();
    let text = format!("panicked at {place}, which is a bug in Keyferry: {message}{backtrace}");
    if crate::telemetry::log::early_error(&text) {
        return;
    }
    let mut stderr = std::io::stderr().lock();
    // Ignore the error: if standard error is closed, there is no other output.
    drop(writeln!(stderr, "keyferry: {text}"));
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use serde_json::Value;

    use crate::telemetry::Lines;
    use crate::telemetry::log;

    const SWITCH: &str = "KEYFERRY_TEST_PANIC";

    /// Returns the output of a process that runs the test below, which panics.
    fn said(way: &str) -> String {
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "--nocapture", "panics::tests::panicking"])
            .env(SWITCH, way)
            .env("RUST_BACKTRACE", "full")
            .output()
            .unwrap();
        assert!(!output.status.success());
        String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
    }

    #[test]
    #[ignore = "panics on purpose; another test runs it in a separate process"]
    #[expect(clippy::disallowed_methods, reason = "a switch of the tests, not a setting of the program")]
    fn panicking() {
        let way = std::env::var(SWITCH).unwrap_or_default();
        super::install_hook();
        if way.starts_with("logged") {
            let lines = if way.ends_with("json") { Lines::Json } else { Lines::Text };
            log::only("TRACE", lines);
        } else if way.ends_with("json") {
            log::set_early_json();
        }
        assert!(way != "literal", "literal message");
        // The standard library quotes the text in the panic message.
        let pin = std::hint::black_box("ü4821-9937-6610");
        assert!(pin[1..].is_empty());
    }

    #[test]
    fn panic_shows_place_but_no_values() {
        for way in ["plain", "early-json", "logged", "logged-json"] {
            let said = said(way);
            assert!(said.contains("panics.rs:") && said.contains("(not shown"), "{way}: {said}");
            assert!(said.contains("panics::tests::panicking"), "no frames: {way}: {said}");
            assert!(!said.contains("9937"), "{way}: {said}");
            if way.ends_with("json") {
                let lines = said.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
                assert_eq!(lines.filter(|line| line["level"] == "ERROR").count(), 1, "{way}: {said}");
            }
        }
        assert!(said("literal").contains("literal message"));
    }
}
