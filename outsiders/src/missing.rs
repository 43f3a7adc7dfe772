//! What happens when an outsider is not there.

use std::{
    env,
    io::{self, Write as _},
    thread,
};

/// Says that the test that runs now is skipped, past the test runner, which swallows what a passing test prints.
///
/// # Panics
///
/// With `CI=true`: there nothing may be skipped.
pub(crate) fn missing<T>(what: &str) -> Option<T> {
    let current = thread::current();
    let test = current.name().unwrap_or("a test");
    let line =
        format!("SKIPPED {test}: {what} not installed; `cargo xtask outsiders` installs it, or says why it cannot");
    assert!(!in_ci(), "{line}. With CI=true nothing may be skipped");
    // Nobody reads standard error: then nobody can be told.
    let _ = writeln!(io::stderr(), "{line}");
    None
}

/// Whether this is the gate.
fn in_ci() -> bool {
    env::var_os("CI").is_some_and(|value| value == "true")
}
