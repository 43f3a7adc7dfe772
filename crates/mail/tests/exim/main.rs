//! PIN mails to exim, a mail server that we did not write, as Debian ships it.
//!
//! It runs as root only, with a configuration, certificates and a spool of the test's own. What it stored is read by
//! Python's email package.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod certificates;
mod delivery;
mod injection;
mod promises;
mod refusals;
mod sender;
mod server;
mod stored;
