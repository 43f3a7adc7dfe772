//! Child processes that end with the demo.

use std::io::{Error, Result};
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, ChildStdout, Command};

/// Lines of a child's standard output.
pub(super) type Lines = tokio::io::Lines<BufReader<ChildStdout>>;

/// Starts a program. Its standard error is the demo's.
pub(super) fn start(command: &mut Command) -> Result<(Child, Lines)> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::inherit()).kill_on_drop(true);
    let mut process = command.spawn()?;
    let output = process.stdout.take().ok_or_else(|| Error::other("could not read its output"))?;
    Ok((process, BufReader::new(output).lines()))
}
