//! Tests of the envelopes against independent JOSE implementations.
//!
//! npm jose, jwcrypto and joserfc implement `docs/reference/envelope.md` as a factory. They open our requests, respond
//! to them and verify the committed vectors. jwcrypto also forges responses.

#![expect(clippy::unwrap_used, reason = "test helpers")]

mod factories;
mod malformed_requests;
mod refusals;
mod vectors;
mod world;
