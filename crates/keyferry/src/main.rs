//! The program. All of it is in the library, which tests run with its ports wrapped; here nothing is.

use std::process::ExitCode;

fn main() -> ExitCode {
    keyferry::run(std::env::args_os(), &keyferry::Unwrapped)
}
