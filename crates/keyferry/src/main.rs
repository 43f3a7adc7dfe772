//! The `keyferry` program. Its code is in the library, which tests run with wrapped ports; the program does not wrap
//! them.

use std::process::ExitCode;

fn main() -> ExitCode {
    keyferry::run(std::env::args_os(), &keyferry::Unwrapped)
}
