//! Programs that register keys: `keyferry serve`, and the scripts of `outsiders/scripts`.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{ChildStdin, ChildStdout, Command, Stdio};

use keyferry_proof_support::Process;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::connector::Connector;

/// A running program that registers keys.
pub(crate) enum Contestant {
    Keyferry(Connector),
    Script(Script),
}

impl Contestant {
    pub(crate) fn pid(&self) -> u32 {
        match self {
            Self::Keyferry(connector) => connector.pid(),
            Self::Script(script) => script.process.0.id(),
        }
    }

    /// Orders a key for each user. Returns the delivery service's ids.
    pub(crate) async fn create(&mut self, users: &[String]) -> Vec<String> {
        match self {
            Self::Keyferry(connector) => {
                let mut shipments = Vec::new();
                for user in users {
                    shipments.push(connector.client.order(user).await);
                }
                shipments
            }
            Self::Script(script) => {
                let created = script.ask(&json!({ "create": users }));
                created.as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned()).collect()
            }
        }
    }

    /// Registers the keys that are ready, and hands over their PINs.
    pub(crate) async fn process(&mut self) {
        match self {
            Self::Keyferry(connector) => connector.client.process().await,
            Self::Script(script) => drop(script.ask(&json!({ "process": true }))),
        }
    }

    /// Panics unless all keys are complete.
    pub(crate) async fn check(&mut self, shipments: &[String]) {
        match self {
            Self::Keyferry(connector) => {
                for shipment in shipments {
                    let status = connector.client.status(shipment).await;
                    assert_eq!(status["shipment_state"], "complete", "{status}");
                }
            }
            Self::Script(script) => {
                let open = script.ask(&json!({ "open": true }));
                assert_eq!(open, json!(0), "keys that the script did not complete");
            }
        }
    }
}

/// A script that does the same in the plainest way. It reads one JSON command a line, and answers with one line.
pub(crate) struct Script {
    process: Process,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    _dir: TempDir,
}

impl Script {
    /// Starts the script, with the sandbox's address and a folder as its arguments.
    pub(crate) fn start(interpreter: &Path, script: &Path, base: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut command = Command::new(interpreter);
        command.arg(script).arg(base).arg(dir.path()).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (input, output) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        let mut started = Self { process: Process(child), input, output, _dir: dir };
        // Waits until its modules are loaded.
        assert_eq!(started.ask(&json!({ "open": true })), json!(0));
        started
    }

    fn ask(&mut self, command: &Value) -> Value {
        writeln!(self.input, "{command}").unwrap();
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|_| panic!("the script answered {line:?}"))
    }
}
