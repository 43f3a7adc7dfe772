//! Commands, one file each.

mod audit;
mod client;
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

use std::io::{self, IsTerminal as _, Write};
use std::process::ExitCode;

use keyferry_domain::text::visible_lines;
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
        Command::Reconcile(options) if options.is_of_journal() => reconcile::run(options, wrapper).await,
        Command::Healthcheck(options) => healthcheck::run(options).await,
        Command::Setup(options) => setup::run(options).await,
        Command::Schedule(options) => schedule::run(&options),
        Command::Settings => print(&config::markdown()),
        Command::Openapi => print(&keyferry_api::openapi_json()),
        command => client::run(command).await,
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
    drop(writeln!(std::io::stderr(), "keyferry: {}", visible_lines(why)));
    ExitCode::FAILURE
}

/// Prints each invalid setting on its own line. Returns exit code 1.
fn wrong_settings(errors: &[SettingError]) -> ExitCode {
    let lines: Vec<_> = errors.iter().map(|error| format!("\n  {error}")).collect();
    fail(&format!("invalid settings:{}", lines.concat()))
}

/// Prints to standard output, and escapes invisible characters. A closed pipe (`| head`) is not an error.
fn print(text: &str) -> ExitCode {
    match write_visible(std::io::stdout(), text) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            fail(&format!("could not write to standard output: {error}"))
        }
        _ => ExitCode::SUCCESS,
    }
}

fn write_visible(mut out: impl Write, text: &str) -> io::Result<()> {
    out.write_all(visible_lines(text).as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_shows_invisible_characters() {
        let mut out = Vec::new();
        write_visible(&mut out, "shipment for ada\u{202e}moc.live\n  → next\u{200f}\n").unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "shipment for ada\\u{202e}moc.live\n  → next\\u{200f}\n");
    }
}
