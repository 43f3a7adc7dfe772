//! Runs the program as an administrator would and calls it over HTTP only: `keyferry demo` on free ports, or
//! `keyferry serve` and `keyferry sandbox` as separate processes.

#![allow(dead_code, unreachable_pub, unused_imports, reason = "each test file uses its own part of the harness")]
#![allow(clippy::unwrap_used, reason = "a failing helper fails the test")]
#![allow(
    clippy::disallowed_methods,
    reason = "the tests run outside of the program, with their own clocks and HTTP clients"
)]
#![allow(missing_docs, reason = "helpers of tests")]

mod connector;
mod demo;
mod receiver;
mod snapshot;

use std::path::Path;
use std::process::Command;

pub use connector::{Connector, usual};
pub use demo::Demo;
pub use receiver::Receiver;
pub use snapshot::{outline, settings};

pub const KEYFERRY: &str = env!("CARGO_BIN_EXE_keyferry");

/// Runs the program without `KEYFERRY_*` variables of the developer's shell or of `cargo xtask`.
pub fn run(args: &[&str], dir: &Path) -> std::process::Output {
    let others = std::env::vars_os().filter(|(name, _)| !name.to_string_lossy().starts_with("KEYFERRY_"));
    Command::new(KEYFERRY).args(args).env_clear().envs(others).current_dir(dir).output().unwrap()
}
