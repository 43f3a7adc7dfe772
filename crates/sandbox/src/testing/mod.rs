//! What the tests of this crate share: a sandbox on free ports, a plain HTTP client, tokens, a key, an order.

mod bench;
pub(crate) mod key;
pub(crate) mod requester;

pub(crate) use bench::{ADA, AUDITOR, Bench, CONNECTOR, GUIDE_CONNECTOR, TEST_CLIENT, read};
