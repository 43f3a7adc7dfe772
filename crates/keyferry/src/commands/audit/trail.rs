//! `keyferry audit SHIPMENT`

use std::process::ExitCode;

use keyferry_ops::audit::{as_json, as_text, find, timeline};

use crate::cli::Trail;
use crate::commands::{fail, print, wrong_settings};
use crate::config::{self, Source};
use crate::wiring::{self, GivenToken, PortWrapper};

pub(super) async fn run(options: Trail, wrapper: &dyn PortWrapper) -> ExitCode {
    let shipment = options.shipment.unwrap_or_default();
    let source = Source::read(std::env::vars_os(), options.config.as_deref());
    let settings = match source.and_then(|source| config::read(&source)) {
        Ok(settings) => settings,
        Err(errors) => return wrong_settings(&errors),
    };
    let administrator = options.graph_token_file.as_deref().map(GivenToken::in_file).transpose();
    let administrator = match administrator {
        Ok(administrator) => administrator,
        Err(error) => return fail(&format!("--graph-token-file: {error}")),
    };
    let output = async {
        let (shipments, tenant) = wiring::archive(&settings, wrapper, administrator).await?;
        let known = find(shipments.as_ref(), &shipment).await.map_err(|error| error.to_string())?;
        let entries = timeline(&known, &tenant).await.map_err(|error| error.to_string())?;
        Ok::<_, String>(if options.json { as_json(&known, &entries) } else { as_text(&known, &entries) })
    };
    match output.await {
        Ok(text) => print(&text),
        Err(error) => fail(&error),
    }
}
