//! Tests of PIN mails against exim, as packaged by Debian.
//!
//! The tests need root. Each exim has its own configuration, certificates and spool. Python's email package parses the
//! stored mails.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod certificates;
mod delivery;
mod documented;
mod injection;
mod refusals;
mod sender;
mod server;
mod sessions;
mod stored;
