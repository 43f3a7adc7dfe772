//! Replica: `keyferry serve` as a child process that ends with the demo.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;
use tokio::process::{Child, Command};
use tokio::time::timeout;

use super::child::{self, Lines};

const START: Duration = Duration::from_secs(30);

pub(super) struct Replica {
    process: Child,
    pub(super) api: SocketAddr,
}

impl Replica {
    /// Starts a replica and waits until it is ready. Its warnings and errors go to the demo's log.
    pub(super) async fn start(number: usize, settings: &[(&'static str, String)]) -> Result<Self, String> {
        let failed = |what: &str| format!("replica {number} did not start: {what}");
        let program = std::env::current_exe().map_err(|error| failed(&error.to_string()))?;
        let mut command = Command::new(program);
        command.args(["serve", "--api-port", "0", "--probe-port", "0"]).env_clear();
        command.envs(settings.iter().map(|(name, value)| (name, value)));
        let (process, mut lines) = child::start(&mut command).map_err(|error| failed(&error.to_string()))?;
        let ready = timeout(START, ready(number, &mut lines)).await.map_err(|_| failed("not ready in time"))?;
        let api = ready.ok_or_else(|| failed("it exited"))?;
        tokio::spawn(async move { while next(number, &mut lines).await.is_some() {} });
        Ok(Self { process, api })
    }

    /// Kills the replica with SIGKILL, so that it cannot clean up.
    pub(super) async fn kill(&mut self) -> Result<(), String> {
        self.process.kill().await.map_err(|error| format!("could not kill the replica: {error}"))
    }
}

async fn ready(number: usize, lines: &mut Lines) -> Option<SocketAddr> {
    loop {
        let line = next(number, lines).await?;
        if line["fields"]["message"] == "keyferry is ready" {
            return line["fields"]["api"].as_str()?.parse().ok();
        }
    }
}

/// Returns the replica's next log line.
async fn next(number: usize, lines: &mut Lines) -> Option<Value> {
    let line = lines.next_line().await.ok().flatten()?;
    let line: Value = serde_json::from_str(&line).unwrap_or_default();
    if matches!(line["level"].as_str(), Some("WARN" | "ERROR")) {
        tracing::warn!(replica = number, fields = %line["fields"], "replica logged a warning or an error");
    }
    Some(line)
}
