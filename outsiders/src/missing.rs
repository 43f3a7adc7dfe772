//! Handles a missing program.

use std::{
    env,
    io::{self, Write as _},
    thread,
};

/// Reports that the current test is skipped. Returns `None`.
///
/// # Panics
///
/// With `CI=true`, where no test may be skipped.
pub(crate) fn missing<T>(what: &str) -> Option<T> {
    let current = thread::current();
    let test = current.name().unwrap_or("a test");
    let line = format!("SKIPPED {test}: {what} not installed. Run `cargo xtask outsiders`");
    assert!(!in_ci(), "{line}. With CI=true no test may be skipped");
    // `writeln!` and not `eprintln!`: the test runner captures `eprintln!` and hides it for passing tests.
    let _ = writeln!(io::stderr(), "{line}");
    None
}

/// Returns whether this is a CI run.
fn in_ci() -> bool {
    env::var_os("CI").is_some_and(|value| value == "true")
}
