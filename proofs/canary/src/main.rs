//! The shipped program, for the tests of this package: cargo builds the binaries of a package only for its own tests.

use std::process::ExitCode;

fn main() -> ExitCode {
    keyferry::run(std::env::args_os(), &keyferry::Unwrapped)
}
