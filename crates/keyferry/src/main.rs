//! Keyferry: a connector for pre-registered security keys.

mod cli;
mod commands;
mod config;
#[cfg(test)]
mod golden;
mod logging;
mod models;
mod system;
mod wiring;

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return commands::fail(&format!("the asynchronous runtime could not be started: {error}")),
    };
    runtime.block_on(commands::run(cli))
}
