//! The program as it is shipped, for the tests of this package: cargo builds a package's binaries for its own tests only.

use std::process::ExitCode;

fn main() -> ExitCode {
    keyferry::run(std::env::args_os(), &keyferry::Unwrapped)
}
