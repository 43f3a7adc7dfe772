//! JSON in, JSON out.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    process::{Child, Command, Stdio},
};

use serde_json::Value;

/// Gives a program one JSON document on its standard input, and reads one from its standard output.
///
/// # Panics
///
/// When the program cannot be started, ends with another code than 0 (its standard error is shown), or answers no JSON.
#[track_caller]
pub fn ask(mut command: Command, question: &Value) -> Value {
    let shown = format!("{command:?}");
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{shown} does not start: {error}"));
    let mut input = child.stdin.take().unwrap_or_else(|| panic!("{shown} has no standard input"));
    let question = question.to_string();
    // Beside the reading below: a program may answer before it has read all.
    let writer = std::thread::spawn(move || input.write_all(question.as_bytes()));
    let output = child.wait_with_output().unwrap_or_else(|error| panic!("{shown} cannot be waited for: {error}"));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{shown} ended with {}:\n{errors}", output.status);
    // A program that needs no question may have closed its input.
    let _ = writer.join();
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        panic!("{shown} did not answer JSON: {error}\n{}", String::from_utf8_lossy(&output.stdout))
    })
}

/// A program that runs beside tests. It is killed when this is dropped; should that never happen, its standard input ends with the
/// tests, and a script that is shared by several ends with it.
#[derive(Debug)]
pub struct Background {
    child: Child,
    /// What it said when it was ready.
    pub ready: Value,
}

/// Starts a program and waits until it says, in one line of JSON on its standard output, that it is ready.
///
/// # Panics
///
/// When it cannot be started, ends before, or says something else first.
#[track_caller]
pub fn start(mut command: Command) -> Background {
    let shown = format!("{command:?}");
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{shown} does not start: {error}"));
    let output = child.stdout.take().unwrap_or_else(|| panic!("{shown} has no standard output"));
    let mut output = BufReader::new(output);
    let mut line = String::new();
    let read = output.read_line(&mut line);
    let ready = read.ok().and_then(|_| serde_json::from_str(&line).ok());
    let Some(ready) = ready else {
        let _ = child.kill();
        let _ = child.wait();
        panic!("{shown} did not say in JSON that it is ready, but {line:?}");
    };
    // What it says later must not block it.
    std::thread::spawn(move || std::io::copy(&mut output, &mut std::io::sink()));
    Background { child, ready }
}

impl Drop for Background {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
