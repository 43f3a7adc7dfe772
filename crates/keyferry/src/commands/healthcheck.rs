//! `keyferry healthcheck`, for containers without shell and curl.

use std::process::ExitCode;
use std::time::Duration;

use keyferry_http::{Client, ClientOptions, clean};
use url::Url;

use super::{fail, print, wrong_settings};
use crate::cli::Healthcheck;
use crate::config::{self, Source};

/// Timeout of the check. Must be below the timeout of container runtimes, which is 30 s by default.
const TIMEOUT: Duration = Duration::from_secs(5);

pub(super) async fn run(options: Healthcheck) -> ExitCode {
    let source = Source::read(std::env::vars_os(), options.config.as_deref());
    let probes = source.and_then(|mut source| {
        if let Some(port) = options.probe_port {
            source.set("KEYFERRY_PROBE_PORT", port.to_string());
        }
        config::probes(&source)
    });
    let probes = match probes {
        Ok(probes) => probes,
        Err(errors) => return wrong_settings(&errors),
    };
    let page = if options.alive { "livez" } else { "readyz" };
    let url = format!("http://{probes}/{page}");
    match tokio::time::timeout(TIMEOUT, ask(&url)).await {
        Ok(Ok((200, _))) => print(&format!("{url} returned status 200\n")),
        Ok(Ok((status, said))) => fail(&format!("{url} returned status {status}. {said}")),
        Ok(Err(error)) => fail(&error),
        Err(_) => fail(&format!("{url} did not respond within {} s", TIMEOUT.as_secs())),
    }
}

/// Returns status and text of the page.
async fn ask(url: &str) -> Result<(u16, String), String> {
    let url = Url::parse(url).map_err(|error| error.to_string())?;
    let http = Client::new(ClientOptions::default()).map_err(|error| error.to_string())?;
    let answer = http.get(&url).send().await.map_err(|error| error.to_string())?;
    Ok((answer.status, clean(&String::from_utf8_lossy(answer.body()))))
}
