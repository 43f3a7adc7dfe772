//! Runs `keyferry sandbox`.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::Process;

/// A sandbox that runs until it is dropped.
pub struct Sandbox {
    pub base: String,
    _process: Process,
}

impl Sandbox {
    /// Starts a sandbox on free ports. `program` is Keyferry's binary.
    pub fn start(program: &str) -> Self {
        Self::with(program, &[])
    }

    /// Starts a sandbox with additional options.
    pub fn with(program: &str, options: &[&str]) -> Self {
        let mut process = Command::new(program)
            .args(["sandbox", "--json", "--parcel-seconds", "0"])
            .args(["--sandbox-port", "0", "--smtp-port", "0", "--smtps-port", "0"])
            .args(options)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let announced: Value = serde_json::from_str(&line).unwrap();
        Self { base: announced["sandbox"].as_str().unwrap().to_owned(), _process: Process(process) }
    }
}
