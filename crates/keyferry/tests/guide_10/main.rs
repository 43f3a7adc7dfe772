//! Guide, section 10 (API reference): paths, bodies, statuses and errors from a caller's perspective.

#![allow(missing_docs, clippy::unwrap_used, reason = "tests")]
#![allow(clippy::disallowed_methods, reason = "outside of the program, with their own clock and HTTP client")]

mod callers;
mod cancel;
mod create;
mod eligibility;
mod exchanged;
mod graph_calls;
mod idempotency;
mod preflight;
mod refusals;
mod resend;
mod resolve;
mod shipments;
mod surface;
mod upstream;

#[path = "../support/mod.rs"]
mod support;
