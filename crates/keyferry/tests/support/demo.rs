//! `keyferry demo` as a process.

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
    /// Announcement of the demo.
    pub announced: Value,
    process: Process,
    dir: TempDir,
}

impl Demo {
    /// Starts a demo with PIN delivery by mail. Parcels advance only on request.
    pub async fn start() -> Self {
        Self::with(&[]).await
    }

    /// Starts a demo with additional options. `--parcel-seconds` lets parcels advance.
    pub async fn with(flags: &[&str]) -> Self {
        Self::on(tempfile::tempdir().unwrap(), flags).await
    }

    /// Stops this demo and starts another one with the same data directory.
    pub async fn again(self) -> Self {
        let Self { mut process, dir, .. } = self;
        assert!(process.stop());
        Self::on(dir, &[]).await
    }

    async fn on(dir: TempDir, flags: &[&str]) -> Self {
        let log = dir.path().join("log");
        let ports = ["--api-port", "--probe-port", "--sandbox-port", "--smtp-port", "--smtps-port"];
        let mut process = Command::new(KEYFERRY)
            .args(["demo", "--json"])
            .args(["--parcel-seconds", "0"].iter().filter(|_| !flags.contains(&"--parcel-seconds")))
            .args(ports.iter().flat_map(|port| [port, "0"]))
            .arg("--data-dir")
            .arg(dir.path().join("data"))
            .args(flags)
            // Temporary files that remain after a kill are removed with the directory.
            .env("TMPDIR", dir.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(std::fs::File::create(&log).unwrap())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let process = Process(process);
        let output = || std::fs::read_to_string(&log).unwrap_or_default();
        let announced: Value =
            serde_json::from_str(&line).unwrap_or_else(|_| panic!("no announcement: {line:?}\n{}", output()));
        let part = |name: &str| announced[name].as_str().unwrap().to_owned();
        let client = Client::new(part("api"), part("sandbox"), log).await;
        Self { client, announced, process, dir }
    }

    pub fn data_dir(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    /// Sends SIGINT, as Ctrl-C does, and waits for the end. Returns whether the exit code is 0.
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
