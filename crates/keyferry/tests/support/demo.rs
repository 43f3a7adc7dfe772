//! `keyferry demo`.

use std::io::{BufRead as _, BufReader};
use std::ops::Deref;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use keyferry_proof_support::{Client, Process};
use serde_json::Value;
use tempfile::TempDir;

use super::KEYFERRY;

/// A demo that runs until it is dropped.
pub struct Demo {
    client: Client,
    /// What it announced.
    pub announced: Value,
    process: Process,
    dir: TempDir,
}

impl Demo {
    /// Starts one whose parcels move only when stepped, with the PIN by mail.
    pub async fn start() -> Self {
        Self::with(&[]).await
    }

    /// The same with more flags, which come last and so win.
    pub async fn with(flags: &[&str]) -> Self {
        Self::on(tempfile::tempdir().unwrap(), flags).await
    }

    /// The next one on the data of this one, which is stopped before.
    pub async fn again(self) -> Self {
        let Self { mut process, dir, .. } = self;
        assert!(process.stop());
        Self::on(dir, &[]).await
    }

    async fn on(dir: TempDir, flags: &[&str]) -> Self {
        let log = dir.path().join("log");
        let ports = ["--api-port", "--probe-port", "--sandbox-port", "--smtp-port", "--smtps-port"];
        let mut process = Command::new(KEYFERRY)
            .args(["demo", "--json", "--parcel-seconds", "0"])
            .args(ports.iter().flat_map(|port| [port, "0"]))
            .arg("--data-dir")
            .arg(dir.path().join("data"))
            .args(flags)
            // What it leaves behind when it is killed goes with the folder.
            .env("TMPDIR", dir.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(std::fs::File::create(&log).unwrap())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let process = Process(process);
        let said = || std::fs::read_to_string(&log).unwrap_or_default();
        let announced: Value =
            serde_json::from_str(&line).unwrap_or_else(|_| panic!("no announcement: {line:?}\n{}", said()));
        let part = |name: &str| announced[name].as_str().unwrap().to_owned();
        let client = Client::new(part("api"), part("sandbox"), log).await;
        Self { client, announced, process, dir }
    }

    pub fn data_dir(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    /// Asks the process to stop as Ctrl-C does, and waits; whether it ended with 0.
    pub fn stop(&mut self) -> bool {
        self.process.stop()
    }
}

impl Deref for Demo {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}
