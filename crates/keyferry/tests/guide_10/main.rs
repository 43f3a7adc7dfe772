//! The guide's section 10, the API reference: each path, body, status and error, as callers see them.

#![allow(missing_docs, clippy::unwrap_used, reason = "tests")]

mod callers;
mod create;
mod idempotency;
mod refusals;
mod resend;
mod resolve;
mod shipments;
mod surface;
mod upstream;

#[path = "../support/mod.rs"]
mod support;
