//! The program as an administrator runs it, spoken to over HTTP only: `keyferry demo` on free ports, or `keyferry serve`
//! and `keyferry sandbox` as processes of their own.

#![allow(dead_code, unreachable_pub, unused_imports, reason = "each test file uses its own part of the harness")]
#![allow(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]
#![allow(
    clippy::disallowed_methods,
    reason = "the tests stand outside: they have clocks and HTTP clients of their own"
)]
#![allow(missing_docs, reason = "helpers of tests")]

mod connector;
mod demo;
mod snapshot;

use std::path::Path;
use std::process::Command;

pub use connector::{Connector, usual};
pub use demo::Demo;
pub use snapshot::{outline, settings};

pub const KEYFERRY: &str = env!("CARGO_BIN_EXE_keyferry");

/// Without what the developer's own shell may set for a connector, or for `cargo xtask`.
pub fn run(args: &[&str], dir: &Path) -> std::process::Output {
    let others = std::env::vars_os().filter(|(name, _)| !name.to_string_lossy().starts_with("KEYFERRY_"));
    Command::new(KEYFERRY).args(args).env_clear().envs(others).current_dir(dir).output().unwrap()
}
