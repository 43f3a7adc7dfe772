//! The shipped program, for the tests of this package: cargo builds the binaries of a package only for its own tests.
//!
//! This file must contain only the call of [`keyferry::run`], as `crates/keyferry/src/main.rs` does. Otherwise the
//! tests would examine another program. The tests, and what they search for, are in `tests/canary/main.rs`: start
//! reading there.

use std::process::ExitCode;

fn main() -> ExitCode {
    keyferry::run(std::env::args_os(), &keyferry::Unwrapped)
}
