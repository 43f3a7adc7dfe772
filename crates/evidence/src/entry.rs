//! Entries of the chain.

use aws_lc_rs::digest::{SHA256, digest};
use keyferry_domain::Timestamp;
use serde_json::json;

/// Number that the deletion of a shipment has in place of an event's number.
pub const DELETION: u32 = 0;

/// Position and hash of the newest entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Number of entries.
    pub position: u64,
    /// Hash of the newest entry: SHA-256, 64 lower-case hex digits. 64 zeros if there is no entry.
    pub hash: String,
}

impl Head {
    /// Returns the head of a chain without entries.
    pub fn start() -> Self {
        Self { position: 0, hash: "0".repeat(64) }
    }

    /// Returns the next entry.
    pub fn next(&self, content: &Content<'_>) -> Entry {
        let position = self.position + 1;
        let digest = sha256(content.text);
        let hash = Entry::hash(&self.hash, position, content.shipment, content.seq, &digest);
        Entry { position, shipment: content.shipment.to_owned(), seq: content.seq, digest, hash }
    }
}

/// What an entry is about.
#[derive(Clone, Copy, Debug)]
pub struct Content<'a> {
    /// Keyferry's id of the shipment.
    pub shipment: &'a str,
    /// Number of the event within its shipment, or [`DELETION`].
    pub seq: u32,
    /// The event as it is stored: JSON, covered by the digest byte by byte.
    pub text: &'a str,
}

/// Entry of the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Position in the chain, consecutive from 1.
    pub position: u64,
    /// Keyferry's id of the shipment.
    pub shipment: String,
    /// Number of the event within its shipment, or [`DELETION`].
    pub seq: u32,
    /// SHA-256 of the content, 64 lower-case hex digits.
    pub digest: String,
    /// Hash of the entry, 64 lower-case hex digits.
    pub hash: String,
}

impl Entry {
    /// Returns the position and hash that a later entry builds on.
    pub fn head(&self) -> Head {
        Head { position: self.position, hash: self.hash.clone() }
    }

    /// Returns the hash that the entry must have after an entry with the hash `previous`.
    pub(crate) fn expected_hash(&self, previous: &str) -> String {
        Self::hash(previous, self.position, &self.shipment, self.seq, &self.digest)
    }

    /// Returns SHA-256 over five lines without a final line end. No part contains a line end except a forged shipment,
    /// which changes the hash.
    fn hash(previous: &str, position: u64, shipment: &str, seq: u32, digest: &str) -> String {
        sha256(&format!("{previous}\n{position}\n{shipment}\n{seq}\n{digest}"))
    }
}

/// Returns the content of the entry for a deletion of a shipment with this number of events.
pub fn deletion(at: Timestamp, events: u64) -> String {
    json!({ "kind": "deleted", "at": at, "events": events }).to_string()
}

pub(crate) fn sha256(text: &str) -> String {
    digest(&SHA256, text.as_bytes()).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Expected values by coreutils: `printf … | sha256sum`.
    #[test]
    fn hash_covers_five_lines() {
        let first = Head::start().next(&Content { shipment: "s", seq: 1, text: "{}" });
        assert_eq!(first.digest, "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a");
        assert_eq!(first.hash, "8a81d42e589ab979aee363bad677e43d95c7890bb72473af0fcf170dfcd9e7ed");
        let second = first.head().next(&Content { shipment: "s", seq: 2, text: "é" });
        assert_eq!(
            (second.position, second.hash.as_str()),
            (2, "65c7a4d78c15bb21380eb63479f6893834fa92266710977b5961216dd493b86a")
        );
    }
}
