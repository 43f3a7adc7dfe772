//! Command line of the simulator. Run it by `cargo xtask simulate`.
#![allow(clippy::disallowed_methods, reason = "a program of its own")]
#![expect(clippy::print_stdout, reason = "a command line tool prints to its terminal")]

mod command;

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    command::execute(&command::Options::parse())
}
