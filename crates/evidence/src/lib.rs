//! Evidence: the hash chain over all events of a store, its signed checkpoints, and their verification.
//!
//! Each store keeps one chain. Every stored event is an entry; the deletion of a shipment is an entry, too. The hash of
//! an entry covers the hash of the entry before it and the digest of its content, so an entry cannot be changed, moved
//! or removed without changing all hashes after it. With each commit, the store signs the hash of the newest entry. A
//! signed hash is a checkpoint. Without the signing key, the hashes cannot be computed anew unnoticed.
//!
//! The content of a deleted shipment's events is removed, because it is personal data. Its digests stay, so the chain
//! can still be verified.
//!
//! Start reading at [`Entry`], then at [`Verifier`]. `docs/reference/events.md` describes the format for auditors.

mod checkpoint;
mod entry;
mod export;
mod reading;
mod report;
mod signer;
mod standing;
mod succession;
mod verify;

pub use checkpoint::Checkpoint;
pub use entry::{Content, DELETION, Entry, Head, deletion};
pub use export::{Export, FORMAT};
pub use reading::{EvidenceStore, Item, KnownKey, Link, Reading, SignedCheckpoint, read};
pub use report::{report, self_check};
pub use signer::{Signer, SignerError};
pub use standing::{Standing, standing};
pub use succession::{NextCheckpoint, Previous};
pub use verify::{Broken, Summary, Verifier, verify, verify_counting};
