//! The commands that call a connector: what they print, where, and their exit codes.

#![allow(missing_docs, clippy::unwrap_used, unreachable_pub, reason = "tests")]
#![allow(clippy::disallowed_methods, reason = "outside of the program, with its own HTTP client")]

mod acts;
mod address;
mod batches;
mod device;
mod device_sandbox;
mod letter;
mod listen;
mod operator;
mod shell;
#[path = "../support/mod.rs"]
mod support;
mod terminal;
mod webhooks;
