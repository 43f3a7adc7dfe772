//! Exchanges JSON with programs.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    process::{Child, Command, Stdio},
};

use serde_json::Value;

/// Runs a program with one JSON document on its standard input. Returns the JSON document from its standard output.
///
/// # Panics
///
/// If the program cannot be started, exits with a code other than 0 (its standard error is shown), or does not print
/// JSON.
#[track_caller]
pub fn ask(mut command: Command, question: &Value) -> Value {
    let shown = format!("{command:?}");
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("could not start {shown}: {error}"));
    let mut input = child.stdin.take().unwrap_or_else(|| panic!("{shown} has no standard input"));
    let question = question.to_string();
    // In a thread: a program may print its answer before it has read all its input, and both pipes would block.
    let writer = std::thread::spawn(move || input.write_all(question.as_bytes()));
    let output = child.wait_with_output().unwrap_or_else(|error| panic!("could not wait for {shown}: {error}"));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{shown} failed with {}:\n{errors}", output.status);
    // Errors are ignored: a program without a question may have closed its input.
    let _ = writer.join();
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        panic!("{shown} did not print JSON: {error}\n{}", String::from_utf8_lossy(&output.stdout))
    })
}

/// A program that runs in the background during tests. It is killed when this is dropped.
///
/// A program shared by several tests may never be dropped. Its standard input closes when the test process exits, and
/// then the script exits too.
#[derive(Debug)]
pub struct Background {
    child: Child,
    /// The line of JSON that it printed when it was ready.
    pub ready: Value,
}

/// Starts a program and waits until it is ready, which it reports by one line of JSON on its standard output.
///
/// # Panics
///
/// If the program cannot be started, exits before it is ready, or prints something else first.
#[track_caller]
pub fn start(mut command: Command) -> Background {
    let shown = format!("{command:?}");
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("could not start {shown}: {error}"));
    let output = child.stdout.take().unwrap_or_else(|| panic!("{shown} has no standard output"));
    let mut output = BufReader::new(output);
    let mut line = String::new();
    let read = output.read_line(&mut line);
    let ready = read.ok().and_then(|_| serde_json::from_str(&line).ok());
    let Some(ready) = ready else {
        let _ = child.kill();
        let _ = child.wait();
        panic!("{shown} did not report in JSON that it is ready: {line:?}");
    };
    // Drains further output, so that the program does not block on a full pipe.
    std::thread::spawn(move || std::io::copy(&mut output, &mut std::io::sink()));
    Background { child, ready }
}

impl Drop for Background {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
