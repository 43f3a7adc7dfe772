//! Keyferry, a connector for pre-registered security keys: the program.
//!
//! This crate contains the command line (`cli`, `commands`), the sources of settings and the checks across crates
//! (`config`), logs and metrics (`telemetry`), and the choice of the adapter behind each port (`wiring`). It contains
//! no rule about shipments. No other crate depends on all adapters.
//!
//! The commands in `commands/client` call a connector over its API, through the crate `keyferry-client`. `profiles`
//! holds how to reach it, and `terminal` what a person sees. They use neither settings nor adapters.
//!
//! It is a library so that tests can run the program with wrapped [`Ports`] and can end it between any two calls of a
//! port. The binary wraps nothing.
//!
//! Start reading at [`run`], then at `commands/serve.rs`, then at `Connector::start` in `wiring/mod.rs`.

#[cfg(test)]
mod checks_page;
mod cli;
mod commands;
mod config;
mod exit;
#[cfg(test)]
mod failures_page;
#[cfg(test)]
mod golden;
mod panics;
mod profiles;
mod system;
mod telemetry;
mod terminal;
mod wiring;
mod wrap;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser as _};

pub use keyferry_engine::{Ports, Provider, Registration};
pub use wiring::{PortWrapper, Unwrapped};

/// Returns the command line, for completions and man pages.
pub fn command_line() -> clap::Command {
    cli::Cli::command()
}

/// Runs the command line and returns its exit code. The first argument is the program's name. `wrapper` wraps the clock
/// and the ports of every connector that it starts.
pub fn run(arguments: impl IntoIterator<Item = OsString>, wrapper: &dyn PortWrapper) -> ExitCode {
    panics::install_hook();
    let cli = cli::Cli::parse_from(arguments);
    if matches!(cli.command, cli::Command::Serve(_)) {
        telemetry::log::set_early_json();
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return commands::fail(&format!("could not start the asynchronous runtime: {error}")),
    };
    runtime.block_on(commands::run(cli, wrapper))
}
