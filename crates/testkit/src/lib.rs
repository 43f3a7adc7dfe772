//! Test doubles of ports and sample values, shared by the tests of several crates. A dependency of tests only.
//!
//! It is not for tests of the whole program, which use the sandbox and `proofs/support`. It uses no adapter and not the
//! engine, so that tests of these crates can depend on it.
//!
//! Start reading at [`MemoryStore`], the stores in memory, which pass cases of the same conformance suite as the real
//! stores. [`outside`] simulates all external systems of the engine. [`scripted`] is an HTTP server with prepared
//! answers, for tests of adapters. [`shifting`] is a proxy that confuses responses.
#![expect(clippy::unwrap_used, clippy::missing_panics_doc, reason = "helpers of tests")]

mod batches;
pub mod failures;
pub mod golden;
mod keys;
pub mod loopback;
mod memory;
pub mod mutation;
mod orders;
#[expect(
    missing_docs,
    missing_debug_implementations,
    reason = "state of simulated parties; most names are self-explanatory"
)]
pub mod outside;
mod records;
pub mod scripted;
mod seeded_random;
mod sessions;
pub mod shifting;
mod views;
#[expect(missing_debug_implementations, reason = "state of doubles")]
mod webhooks;

pub use batches::MemoryBatches;
pub use keys::{Keys, Leases};
pub use memory::MemoryStore;
pub use orders::order;
pub use records::Records;
pub use seeded_random::SeededRandom;
pub use sessions::MemorySessions;
pub use views::MemoryViews;
pub use webhooks::{MemoryWebhooks, Received, Receivers};
