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

use super::{fail, print as print_text, sandbox, serve, stop, wrong_settings};
use crate::cli::Demo;
use crate::config::{self, Source};
use crate::system::{forbid_core_dumps, warn_of_core_dumps};
use crate::telemetry::{self, Lines};
use crate::wiring::{Connector, PortWrapper};
use follow::{Watched, follow, reprint_on_enter};

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

async fn with_sandbox(
    options: &Demo,
    sandbox: &keyferry_sandbox::RunningSandbox,
    wrapper: &dyn PortWrapper,
) -> ExitCode {
    // The connector reads its certificates from files, as in a deployment.
    let files = match world::files(sandbox) {
        Ok(files) => files,
        Err(error) => return fail(&format!("could not write the demo's certificates: {error}")),
    };
    let values = world::settings(sandbox, options.pin_by, &files);
    if let Some(azurite) = &options.azurite {
        return azure::run(options, azurite, sandbox, values, &files).await;
    }
    if options.faults
        && let Err(error) = control::faults(sandbox).await
    {
        return fail(&error);
    }
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
    let code = if options.scenario {
        // Dropping the scenario also stops its browser.
        tokio::select! {
            code = scenario::run(options, connector.api(), sandbox) => code,
            () = stop::requested() => fail("the scenario was stopped"),
        }
    } else if options.json {
        let printed = print::json(&connector, sandbox).await;
        if printed == ExitCode::SUCCESS {
            stop::requested().await;
        }
        printed
    } else {
        let commands = print::commands(&connector, sandbox);
        let printed = print_text(&commands);
        if printed == ExitCode::SUCCESS {
            reprint_on_enter(commands);
            let places = print::places(&connector, sandbox);
            let follow = async {
                follow(&watched, &places).await;
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
    };
    connector.shut_down().await;
    code
}
