//! `keyferry sandbox`

use std::net::IpAddr;
use std::process::ExitCode;

use keyferry_sandbox::{Error, RunningSandbox, SandboxOptions};

use super::{fail, print, stop};
use crate::cli::{Sandbox, SandboxWorld};
use crate::logging;

pub(super) async fn run(options: Sandbox) -> ExitCode {
    logging::start("INFO", false);
    let sandbox = match start(options.bind, &options.world).await {
        Ok(sandbox) => sandbox,
        Err(error) => return fail(&error.to_string()),
    };
    let base = sandbox.base_url().clone();
    let announcement = if options.json {
        let base = base.as_str().trim_end_matches('/');
        format!(
            "{}\n",
            serde_json::json!({ "sandbox": base, "mailbox": format!("{base}/mailbox"), "pid": std::process::id() })
        )
    } else {
        format!("sandbox  {base}\nmailbox  {base}mailbox\nsign-in  {base}signin\nStop with Ctrl-C.\n")
    };
    let said = print(&announcement);
    if said == ExitCode::SUCCESS {
        stop::asked().await;
    }
    sandbox.shutdown().await;
    said
}

pub(super) async fn start(bind: IpAddr, world: &SandboxWorld) -> Result<RunningSandbox, Error> {
    keyferry_sandbox::Sandbox::start(SandboxOptions {
        bind,
        http_port: world.sandbox_port,
        smtp_port: world.smtp_port,
        smtps_port: world.smtps_port,
        rp_id: world.rp_id.clone(),
        seed: world.seed,
        parcel_seconds_per_state: world.parcel_seconds,
        public_base: None,
    })
    .await
}
