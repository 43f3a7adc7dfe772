//! Shared parts of the tests of this crate: a sandbox on free ports, an HTTP client, tokens, a key, an order.

mod bench;
pub(crate) mod key;
pub(crate) mod requester;

pub(crate) use bench::{ADA, AUDITOR, Bench, CONNECTOR, GUIDE_CONNECTOR, TEST_CLIENT, read};
