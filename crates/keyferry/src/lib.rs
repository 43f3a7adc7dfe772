//! Keyferry: a connector for pre-registered security keys, as a program.
//!
//! A library beside the binary for one reason: a test can run the very program with its [`Ports`] wrapped, and die at any
//! step between two calls of a port. The binary wraps nothing.

mod cli;
mod commands;
mod config;
#[cfg(test)]
mod failures_page;
#[cfg(test)]
mod golden;
mod panics;
mod system;
mod telemetry;
mod wiring;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser as _};

pub use keyferry_engine::{Ports, Provider, Registration};
pub use wiring::{PortWrapper, Unwrapped};

/// Returns the command line, for completions and man pages.
pub fn command_line() -> clap::Command {
    cli::Cli::command()
}

/// Runs the command line, the program's name first, to its end. Whatever it starts as a connector has its clock and its
/// ports wrapped by `wrapper`.
pub fn run(arguments: impl IntoIterator<Item = OsString>, wrapper: &dyn PortWrapper) -> ExitCode {
    panics::show_no_values();
    let cli = cli::Cli::parse_from(arguments);
    if matches!(cli.command, cli::Command::Serve(_)) {
        telemetry::log::json_from_now_on();
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return commands::fail(&format!("the asynchronous runtime could not be started: {error}")),
    };
    runtime.block_on(commands::run(cli, wrapper))
}
