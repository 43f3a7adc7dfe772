//! Commands, one file each.

mod audit;
mod demo;
mod doctor;
mod healthcheck;
mod reconcile;
mod rekey;
mod sandbox;
mod schedule;
mod serve;
mod setup;
mod stop;

use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;

use keyferry_settings::SettingError;

use crate::cli::{Cli, Command};
use crate::config;
use crate::telemetry;
use crate::wiring::PortWrapper;

pub(crate) async fn run(cli: Cli, wrapper: &dyn PortWrapper) -> ExitCode {
    match cli.command {
        Command::Serve(options) => serve::run(options, wrapper).await,
        Command::Sandbox(options) => sandbox::run(options).await,
        Command::Demo(options) => demo::run(options, wrapper).await,
        Command::Audit(options) => audit::run(options, wrapper).await,
        Command::Rekey(options) => rekey::run(options).await,
        Command::Doctor(options) => doctor::run(options, wrapper).await,
        Command::Reconcile(options) => reconcile::run(options, wrapper).await,
        Command::Healthcheck(options) => healthcheck::run(options).await,
        Command::Setup(options) => setup::run(options).await,
        Command::Schedule(options) => schedule::run(&options),
        Command::Settings => print(&config::markdown()),
        Command::Openapi => print(&keyferry_api::openapi_json()),
    }
}

/// Reports the reason on standard error, or as a log line where log lines are JSON. Returns exit code 1.
pub(crate) fn fail(why: &str) -> ExitCode {
    // JSON puts line ends into escapes. A reader at a terminal gets lines, and only those.
    let terminal = std::io::stderr().is_terminal();
    let lines_only = terminal && std::io::stdout().is_terminal();
    if !lines_only && telemetry::log::early_error(why) && !terminal {
        return ExitCode::FAILURE;
    }
    // Ignore the error: if standard error is closed, there is no other output.
    drop(writeln!(std::io::stderr(), "keyferry: {why}"));
    ExitCode::FAILURE
}

/// Prints each invalid setting on its own line. Returns exit code 1.
fn wrong_settings(errors: &[SettingError]) -> ExitCode {
    let lines: Vec<_> = errors.iter().map(|error| format!("\n  {error}")).collect();
    fail(&format!("invalid settings:{}", lines.concat()))
}

/// Prints to standard output. A closed pipe (`| head`) is not an error.
fn print(text: &str) -> ExitCode {
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            fail(&format!("could not write to standard output: {error}"))
        }
        _ => ExitCode::SUCCESS,
    }
}
