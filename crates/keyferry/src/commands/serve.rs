//! `keyferry serve`

use std::process::ExitCode;

use super::{fail, stop, wrong_settings};
use crate::cli::{Listen, Serve};
use crate::config::{self, Source, UnknownName};
use crate::system::{forbid_core_dumps, warn_of_core_dumps};
use crate::telemetry::{self, Lines};
use crate::wiring::{Connector, PortWrapper};

pub(super) async fn run(options: Serve, wrapper: &dyn PortWrapper) -> ExitCode {
    let dumps = forbid_core_dumps();
    let source = Source::read(std::env::vars_os(), options.config.as_deref());
    let settings = source.and_then(|mut source| {
        apply(&options.listen, &mut source);
        config::read(&source)
    });
    let settings = match settings {
        Ok(settings) => settings,
        Err(errors) => return wrong_settings(&errors),
    };
    let lines = if settings.log.json { Lines::Json } else { Lines::Text };
    let telemetry = telemetry::start(settings.log.level, lines, settings.outgoing.extra_ca.as_deref());
    warn_of_core_dumps(dumps);
    for UnknownName { name, meant } in &settings.unknown {
        tracing::warn!(
            name,
            did_you_mean = meant,
            remedy = "correct or remove the environment variable; KEYFERRY_STRICT_SETTINGS=true stops the start",
            "environment variable is probably a misspelt setting and is ignored"
        );
    }
    // A developer's build (with debug assertions) is not meant for production anyway.
    if env!("KEYFERRY_OPT_LEVEL") == "0" && !cfg!(debug_assertions) {
        tracing::warn!(remedy = "build with --profile dist", "this build is not optimised");
    }
    let connector = match Connector::start(settings, wrapper).await {
        Ok(connector) => connector,
        Err(error) => return fail(&error),
    };
    let (api, probes) = (connector.api(), connector.probes());
    let console = connector.console();
    tracing::info!(%api, %probes, console, version = env!("CARGO_PKG_VERSION"), "keyferry is ready");
    stop::requested().await;
    tracing::info!("shutting down: completing work in progress");
    connector.shut_down().await;
    telemetry.shut_down().await;
    ExitCode::SUCCESS
}

/// Applies command-line options, which take precedence over all other sources.
pub(super) fn apply(listen: &Listen, source: &mut Source) {
    if let Some(bind) = listen.bind {
        source.set("KEYFERRY_BIND", bind.to_string());
    }
    if let Some(port) = listen.api_port {
        source.set("KEYFERRY_API_PORT", port.to_string());
    }
    if let Some(port) = listen.probe_port {
        source.set("KEYFERRY_PROBE_PORT", port.to_string());
    }
    if let Some(dir) = &listen.data_dir {
        source.set("KEYFERRY_DATA_DIR", dir.display().to_string());
    }
}
