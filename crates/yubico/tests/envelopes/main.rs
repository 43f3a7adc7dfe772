//! The envelopes, held against implementations of JOSE that are not ours, by `docs/reference/envelope.md` alone: npm jose,
//! jwcrypto and joserfc as factories that open our requests and answer them, as judges of the committed vectors, and
//! jwcrypto as a forger.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod factories;
mod refusals;
mod spoilt_requests;
mod vectors;
mod world;
