//! Shared code for tests of the whole program: the sandbox's users and applications, an order, and a client for the API
//! and the sandbox. Only tests depend on this crate.
//!
//! It uses the program only from outside: command line, HTTP and files. It is not for tests of one crate, which use
//! `keyferry-testkit`.
//!
//! Start reading at [`Client`]. [`Sandbox`] starts the sandbox. [`Process`] kills a child process when it is dropped.
#![expect(missing_docs, reason = "helpers of tests")]
#![expect(clippy::unwrap_used, clippy::missing_panics_doc, reason = "a helper that fails is a test that fails")]
#![expect(
    clippy::disallowed_methods,
    reason = "these tests run outside of the program: they have their own clocks and HTTP clients"
)]

mod client;
mod order;
mod process;
mod sandbox;

pub use client::{Answer, Client};
pub use order::order_for;
pub use process::Process;
pub use sandbox::Sandbox;

pub const AUDIENCE: &str = "api://fido-connector-api.contoso.onmicrosoft.com";
pub const TEST_CLIENT: (&str, &str) = ("0c0ffee0-0000-4000-8000-000000000002", "sandbox-test-client-secret");
pub const OTHER_CLIENT: (&str, &str) = ("0c0ffee0-0000-4000-8000-000000000003", "sandbox-other-client-secret");
pub const AUDITOR: (&str, &str) = ("0c0ffee0-0000-4000-8000-000000000005", "sandbox-auditor-secret");
pub const GRAPH: &str = "https://graph.microsoft.com";

pub const ADA: &str = "ada.lovelace@contoso.onmicrosoft.com";
pub const ADA_ID: &str = "a1000000-0000-4000-8000-000000000001";
pub const ALAN: &str = "alan.turing@contoso.onmicrosoft.com";
pub const ALAN_ID: &str = "a1000000-0000-4000-8000-00000000000a";
pub const GRACE: &str = "grace.hopper@contoso.onmicrosoft.com";
pub const GRACE_ID: &str = "a1000000-0000-4000-8000-000000000002";
