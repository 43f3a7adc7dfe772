//! The canary run: known secrets go through the real program, and nothing that it says or leaves behind may hold one of
//! them. Once with everything in order, by each way of the PIN, and once with each outside party misbehaving, since
//! errors are where secrets leak.
//!
//! Canaries: the PIN, the response key, the delivery service's API token, the client secret, the signature of the Logic
//! App's address, the mail server's password, the key that seals the vault, the header for the OTLP collector, a proxy's password, the callers' and the
//! connector's own access tokens. Each is looked for in all the forms of [`search`], whole and in pieces of twelve bytes.
//!
//! Haystacks: every log line at the most verbose level, standard output, every answer of the API and of the probes with
//! its headers, every byte of every file that the program leaves (database, write-ahead log, temporary files), its
//! command line and its environment, and every byte that an OTLP collector gets.

#![allow(missing_docs, unreachable_pub, clippy::unwrap_used, reason = "tests")]
#![allow(
    clippy::disallowed_methods,
    reason = "the tests stand outside: they have clocks and HTTP clients of their own"
)]

mod hostile;
mod rig;
mod search;
mod vault;

mod delivery;
mod factory;
mod healthy;
mod identity;
mod logic_app;
mod mail_server;
mod panics;
mod start;
mod token;

/// The program as it is shipped.
const PROGRAM: &str = env!("CARGO_BIN_EXE_keyferry-proof-canary");
