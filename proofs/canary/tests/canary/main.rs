//! The canary run: known secrets ("canaries") pass through the real program, and nothing that it prints, sends or
//! stores may contain one of them. It runs without faults for each PIN delivery, and with each external system
//! misbehaving, since secrets leak mainly through errors.
//!
//! Canaries: the PIN, the response key, the delivery service's API token, the client secret, the signature of the Logic
//! App's URL, the mail server's password, the key that seals the vault, the header for the OTLP collector, a proxy's
//! password, the callers' and the connector's own access tokens, the token of a link to a PIN or to a temporary access
//! pass, that pass, and what signs its addressee in. The search covers all forms in [`search`], whole and
//! in pieces of twelve bytes.
//!
//! Searched: every log line at the most verbose level, standard output, every response of the API and of the probes
//! with its headers, every byte of every file that the program leaves (database, write-ahead log, temporary files), its
//! command line and its environment, and every byte that an OTLP collector receives.

#![allow(missing_docs, unreachable_pub, clippy::unwrap_used, reason = "tests")]
#![allow(
    clippy::disallowed_methods,
    reason = "these tests run outside of the program: they have their own clocks and HTTP clients"
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
mod lost_pass;
mod mail_server;
mod panics;
mod person;
mod pin_letter;
mod pin_page;
mod start;
mod token;

/// The shipped program.
const PROGRAM: &str = env!("CARGO_BIN_EXE_keyferry-proof-canary");
