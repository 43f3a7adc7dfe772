//! `keyferry sandbox`

use std::net::IpAddr;
use std::process::ExitCode;

use keyferry_domain::Entropy as _;
use keyferry_sandbox::{Error, RunningSandbox, SandboxOptions};

use super::{fail, print, stop};
use crate::cli::{Sandbox, SandboxWorld};
use crate::system::SystemEntropy;
use crate::telemetry::{self, Lines};

pub(super) async fn run(options: Sandbox) -> ExitCode {
    let telemetry = telemetry::start("INFO", Lines::Stderr, None);
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
        format!("sandbox  {base}\nmailbox  {base}mailbox\nsign-in  {}\nStop with Ctrl-C.\n", sandbox.sign_in_page())
    };
    let printed = print(&announcement);
    if printed == ExitCode::SUCCESS {
        stop::requested().await;
    }
    sandbox.shutdown().await;
    telemetry.shut_down().await;
    printed
}

pub(super) async fn start(bind: IpAddr, world: &SandboxWorld) -> Result<RunningSandbox, Error> {
    keyferry_sandbox::Sandbox::start(SandboxOptions {
        bind,
        http_port: world.sandbox_port,
        smtp_port: world.smtp_port,
        smtps_port: world.smtps_port,
        vault_port: world.vault_port,
        rp_id: world.rp_id.clone(),
        seed: world.seed.unwrap_or_else(new_seed),
        people: world.people,
        parcel_seconds_per_state: world.parcel_seconds,
        public_base: None,
    })
    .await
}

/// Returns a new seed for each start: a data directory outlives its sandbox, and ids must not be reused for other
/// parcels.
fn new_seed() -> u64 {
    let mut seed = [0; 8];
    SystemEntropy.fill(&mut seed);
    u64::from_le_bytes(seed)
}
