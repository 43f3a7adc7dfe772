//! Head of the feed: the row with position and hash of the newest entry, and with its checkpoint.
//!
//! Each transaction that appends entries advances the head, on condition that its ETag has not changed. This serialises
//! the transactions of all replicas: no event appears before an existing one, and the event chain does not fork.

use keyferry_evidence as evidence;

use super::columns::{Row, columns};
use super::layout;
use super::transaction::RowWrite;

/// Column with a position, in the head and in the rows of events.
pub(super) const POSITION: &str = "position";

/// Column with the hash of an entry.
pub(super) const HASH: &str = "hash";

/// Column with a checkpoint: a JWS in compact serialisation.
pub(super) const CHECKPOINT: &str = "checkpoint";

/// Newest entry, its checkpoint, and the ETag of their row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Head {
    /// `None` if the row does not exist.
    pub(super) etag: Option<String>,
    pub(super) newest: evidence::Head,
    /// JWS of the newest entry. Empty before the first entry, and if somebody removed it.
    pub(super) checkpoint: String,
}

impl Head {
    /// Returns the head of an empty feed.
    pub(super) fn start() -> Self {
        Self { etag: None, newest: evidence::Head::start(), checkpoint: String::new() }
    }

    /// Reads the row. `None` if its position is not a number. A missing hash is empty, which no checkpoint signs.
    pub(super) fn read(row: Row) -> Option<Self> {
        let newest = evidence::Head { position: position(row.text(POSITION))?, hash: row.text(HASH).to_owned() };
        Some(Self { newest, checkpoint: row.text(CHECKPOINT).to_owned(), etag: Some(row.etag) })
    }

    /// Returns the write that replaces this head by `next`.
    pub(super) fn moved_to(&self, next: &Self) -> RowWrite {
        let position = next.newest.position.to_string();
        let columns = columns([(POSITION, &position), (HASH, &next.newest.hash), (CHECKPOINT, &next.checkpoint)]);
        match &self.etag {
            Some(etag) => RowWrite::Merge { key: layout::HEAD.into(), etag: etag.clone(), columns },
            None => RowWrite::Insert { key: layout::HEAD.into(), columns },
        }
    }

    /// Returns whether the table contained more when this process last read or wrote `seen`.
    pub(super) fn is_older_than(&self, seen: &evidence::Head) -> bool {
        self.newest.position < seen.position || (self.newest.position == seen.position && self.newest.hash != seen.hash)
    }
}

/// What this process knows about the head.
#[derive(Default)]
pub(super) struct Feed {
    /// Cached head. `None` if it must be read.
    pub(super) cached: Option<Head>,
    /// Newest entry that this process has read or written. An older one later shows that the table was rolled back.
    pub(super) seen: Option<evidence::Head>,
}

/// Parses a position in decimal.
pub(super) fn position(text: &str) -> Option<u64> {
    text.parse().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_decimal_digits_only() {
        assert_eq!(position("17"), Some(17));
        for text in ["", "x", "-1", "+1", " 1", "1 or 1=1", "99999999999999999999999999"] {
            assert_eq!(position(text), None, "{text}");
        }
    }
}
