//! `keyferry demo`: connector and sandbox in one process. They communicate over HTTP and SMTP only.

mod azure;
mod child;
mod control;
mod follow;
mod ingress;
mod pretty;
mod print;
mod replica;
mod scenario;
mod world;

use std::process::ExitCode;
use std::time::Duration;

use keyferry_sandbox::RunningSandbox;
use tempfile::TempDir;

use super::{fail, print as print_text, sandbox, serve, stop, wrong_settings};
use crate::cli::Demo;
use crate::config::{self, Source};
use crate::system::{forbid_core_dumps, warn_of_core_dumps};
use crate::telemetry::{self, Lines};
use crate::wiring::{Connector, PortWrapper};
use follow::{Watched, follow, reprint_on_enter};
pub(super) use print::client;

/// Time between two runs while a shipment is open.
const PAUSE: Duration = Duration::from_secs(5);

pub(super) async fn run(options: Demo, wrapper: &dyn PortWrapper) -> ExitCode {
    // Without the scenario, the follower prints obstacles once; their warnings repeat in every run.
    let level = match (options.verbose, options.scenario) {
        (true, _) => "INFO",
        (false, true) => "WARN",
        (false, false) => "ERROR",
    };
    let telemetry = telemetry::start(level, Lines::Stderr, None);
    warn_of_core_dumps(forbid_core_dumps());
    let loopback = std::net::Ipv4Addr::LOCALHOST.into();
    let bind = options.listen.bind.unwrap_or(loopback);
    let sandbox = match sandbox::start(bind, &options.world).await {
        Ok(sandbox) => sandbox,
        Err(error) => return fail(&error.to_string()),
    };
    let code = with_sandbox(&options, &sandbox, wrapper).await;
    sandbox.shutdown().await;
    telemetry.shut_down().await;
    code
}

async fn with_sandbox(options: &Demo, sandbox: &RunningSandbox, wrapper: &dyn PortWrapper) -> ExitCode {
    // The connector reads its certificates from files, as in a deployment.
    let files = match world::files(sandbox) {
        Ok(files) => files,
        Err(error) => return fail(&format!("could not write the demo's certificates: {error}")),
    };
    let mut values = world::settings(sandbox, options.pin_by, &files);
    if let Some(azurite) = &options.azurite {
        return azure::run(options, azurite, sandbox, values, &files).await;
    }
    if options.faults
        && let Err(error) = control::faults(sandbox).await
    {
        return fail(&error);
    }
    values.extend(world::console(&options.listen));
    values.extend(world::recipients(options));
    // The sandbox begins anew, so an earlier demo's orders are unknown to it, and would be in the way of the scenario.
    let scratch = match (options.scenario, &options.listen.data_dir) {
        (true, None) => match TempDir::with_prefix("keyferry-demo-") {
            Ok(folder) => Some(folder),
            Err(error) => return fail(&format!("could not make a folder for the demo's data: {error}")),
        },
        _ => None,
    };
    values.extend(scratch.iter().map(|folder| ("KEYFERRY_DATA_DIR", folder.path().display().to_string())));
    let mut source = Source::of(values);
    serve::apply(&options.listen, &mut source);
    let settings = match config::read(&source) {
        Ok(settings) => settings,
        Err(errors) => return wrong_settings(&errors),
    };
    let watched = Watched::new(wrapper);
    let wrapper: &dyn PortWrapper = if options.scenario { wrapper } else { &watched };
    let connector = match Connector::start(settings, wrapper).await {
        Ok(connector) => connector,
        Err(error) => return fail(&error),
    };
    if let Err(error) = publish(&source, &connector, sandbox) {
        connector.shut_down().await;
        return fail(&error);
    }
    let work = work(options, &connector, &watched, sandbox);
    let code = tokio::select! {
        code = work => code,
        () = process_often(&connector) => unreachable!("the demo's runs have no end"),
    };
    connector.shut_down().await;
    code
}

/// Processes shipments every few seconds while one is open: parcels take seconds here, and hours in a deployment,
/// for which the default schedule is meant. Never returns.
async fn process_often(connector: &Connector) {
    loop {
        connector.process_open().await;
        tokio::time::sleep(PAUSE).await;
    }
}

/// Runs the scenario, or prints what happens until the demo is stopped.
async fn work(options: &Demo, connector: &Connector, watched: &Watched<'_>, sandbox: &RunningSandbox) -> ExitCode {
    if options.scenario {
        // Dropping the scenario also stops its browser.
        tokio::select! {
            code = scenario::run(options, connector.api(), sandbox) => code,
            () = stop::requested() => fail("the scenario was stopped"),
        }
    } else if options.json {
        let printed = print::json(connector, sandbox).await;
        if printed == ExitCode::SUCCESS {
            stop::requested().await;
        }
        printed
    } else {
        let commands = print::commands(connector, sandbox);
        let printed = print_text(&commands);
        if printed == ExitCode::SUCCESS {
            reprint_on_enter(commands);
            let places = print::places(connector, sandbox);
            let follow = async {
                follow(watched, &places).await;
                // Without its store's events the demo still runs.
                std::future::pending::<()>().await;
            };
            tokio::select! {
                biased;
                () = stop::requested() => {}
                () = follow => {}
            }
        }
        printed
    }
}

/// Publishes the connector's settings at the sandbox, for `keyferry doctor --demo`.
fn publish(source: &Source, connector: &Connector, sandbox: &RunningSandbox) -> Result<(), String> {
    let mut values = source.values();
    values.insert("KEYFERRY_API_PORT", connector.api().port().to_string());
    values.insert("KEYFERRY_PROBE_PORT", connector.probes().port().to_string());
    // The doctor can run in another directory.
    let dir = source.value_or_default("KEYFERRY_DATA_DIR");
    let dir = std::path::absolute(&dir).map_err(|error| format!("data directory {dir}: {error}"))?;
    values.insert("KEYFERRY_DATA_DIR", dir.display().to_string());
    sandbox.publish_connector(values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect());
    Ok(())
}
