//! What is told of a panic.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::io::Write as _;
use std::panic::PanicHookInfo;

/// From now on a panic is told without the values in its message: those may be anything that the code had in hand, as
/// when an index into a text is wrong and the standard library quotes the text. Where it happened is always told.
pub(crate) fn show_no_values() {
    std::panic::set_hook(Box::new(tell));
}

fn tell(panic: &PanicHookInfo<'_>) {
    let thread = std::thread::current();
    let thread = thread.name().unwrap_or("unnamed");
    let place = panic.location().map(ToString::to_string).unwrap_or_default();
    // A message without values is a text of the program; one with values was put together.
    let message =
        panic.payload().downcast_ref::<&'static str>().copied().unwrap_or("(not shown: it may hold a secret)");
    // Frames name functions and lines. They are there when `RUST_BACKTRACE` asks for them.
    let backtrace = Backtrace::capture();
    let backtrace = (backtrace.status() == BacktraceStatus::Captured).then_some(backtrace);
    if tracing::dispatcher::has_been_set() {
        let backtrace = backtrace.as_ref().map(tracing::field::display);
        tracing::error!(thread, place, message, backtrace, "a panic, which is a defect of the program");
        return;
    }
    let backtrace = backtrace.map(|frames| format!("\n{frames}")).unwrap_or_default();
    let said = format!("a panic, which is a defect of the program, at {place}: {message}{backtrace}");
    if crate::telemetry::log::early_error(&said) {
        return;
    }
    let mut stderr = std::io::stderr().lock();
    // Nothing is left to be told when standard error is closed.
    drop(writeln!(stderr, "keyferry: {said}"));
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use serde_json::Value;

    use crate::telemetry::Lines;
    use crate::telemetry::log;

    const SWITCH: &str = "KEYFERRY_TEST_PANIC";

    /// What a process says that runs the test below, which panics.
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
    #[ignore = "it panics, in a process of its own"]
    #[expect(clippy::disallowed_methods, reason = "a test's switch is no setting of the program")]
    fn panicking() {
        let way = std::env::var(SWITCH).unwrap_or_default();
        super::show_no_values();
        if way.starts_with("logged") {
            let lines = if way.ends_with("json") { Lines::Json } else { Lines::Text };
            log::only("TRACE", lines);
        } else if way.ends_with("json") {
            log::json_from_now_on();
        }
        assert!(way != "literal", "all is lost");
        // The standard library quotes the text.
        let pin = std::hint::black_box("ü4821-9937-6610");
        assert!(pin[1..].is_empty());
    }

    #[test]
    fn a_panic_tells_its_place_and_no_values() {
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
        assert!(said("literal").contains("all is lost"));
    }
}
