//! Commands that call a connector over its API, one file for each group.

mod batches;
mod check;
mod file;
mod interrupt;
mod letter;
mod listen;
mod login;
mod offboard;
mod orders;
mod profiles;
mod reconcile;
mod secret;
mod service;
mod session;
mod shell;
mod shipments;
mod show;
mod summaries;
mod verbs;
mod watch;
mod webhooks;
mod withdraw;

use std::process::ExitCode;

use crate::cli::Command;
use crate::exit::{Failure, INTERRUPTED};
use crate::terminal::note;

/// Runs a command that calls a connector.
pub(super) async fn run(command: Command) -> ExitCode {
    let result = tokio::select! {
        result = dispatch(command) => result,
        () = interrupt::requested() => {
            interrupt::explain();
            // A question may still be waiting for its answer in a thread of its own.
            std::process::exit(INTERRUPTED.into());
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            if !failure.message.is_empty() {
                note(&format!("keyferry: {failure}"));
            }
            failure.code()
        }
    }
}

async fn dispatch(command: Command) -> Result<(), Failure> {
    match command {
        Command::Login(options) => login::run(options).await,
        Command::Logout(options) => profiles::logout(&options),
        Command::Profiles(options) => profiles::run(&options),
        Command::Orders(options) => orders::run(options).await,
        Command::Batches(options) => batches::run(options).await,
        Command::Shipments(options) => shipments::run(options).await,
        Command::People(options) => service::people(options).await,
        Command::Report(options) => service::report(options).await,
        Command::Reconcile(options) => reconcile::run(options).await,
        Command::Process(options) => service::process(&options).await,
        Command::Status(options) => service::status(&options).await,
        Command::Products(options) => service::products(&options).await,
        Command::Countries(options) => service::countries(&options).await,
        Command::Webhooks(options) => webhooks::run(options).await,
        Command::Listen(options) => listen::run(options).await,
        Command::Completions(options) => shell::completions(&options),
        Command::Man(options) => shell::man(&options),
        Command::Serve(_)
        | Command::Sandbox(_)
        | Command::Demo(_)
        | Command::Healthcheck(_)
        | Command::Doctor(_)
        | Command::Audit(_)
        | Command::Rekey(_)
        | Command::Setup(_)
        | Command::Schedule(_)
        | Command::Settings
        | Command::Openapi => Err(Failure::usage("this command does not call a connector")),
    }
}
