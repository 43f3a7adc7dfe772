//! Export as JSON Lines, which an auditor verifies without Keyferry.

use keyferry_domain::Timestamp;
use serde_json::{Value, json};

use crate::{Item, KnownKey};

/// Name of the format, in the first line.
pub const FORMAT: &str = "keyferry-events-1";

/// Lines of an export.
#[derive(Clone, Copy, Debug)]
pub struct Export;

impl Export {
    /// Returns the first line: format, time and public keys.
    pub fn header(at: Timestamp, keys: &[KnownKey]) -> String {
        let keys: Vec<&Value> = keys.iter().map(|key| &key.jwk).collect();
        json!({ "format": FORMAT, "exported_at": at, "keys": keys }).to_string()
    }

    /// Returns the line of an entry or a checkpoint.
    pub fn line(item: &Item) -> String {
        match item {
            Item::Link(link) => json!({
                "position": link.entry.position,
                "shipment": link.entry.shipment,
                "seq": link.entry.seq,
                "digest": link.entry.digest,
                "hash": link.entry.hash,
                "content": link.content,
                "latest": link.latest,
            }),
            Item::Checkpoint(signed) => json!({ "checkpoint": signed.jws }),
        }
        .to_string()
    }
}
