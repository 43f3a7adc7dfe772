//! Head of the feed: the row with the position of the last event.
//!
//! Each transaction that appends events advances the head, on condition that its ETag has not changed. This serialises
//! the transactions of all replicas, so that no event appears before an existing one.

use super::columns::columns;
use super::layout;
use super::transaction::RowWrite;

/// Column with a position, in the head and in the rows of events.
pub(super) const POSITION: &str = "position";

/// Last position, and the ETag of its row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Head {
    /// `None` before the first event.
    pub(super) etag: Option<String>,
    pub(super) position: u64,
}

impl Head {
    /// Returns the write that advances the head to `position`.
    pub(super) fn moved_to(&self, position: u64) -> RowWrite {
        let columns = columns([(POSITION, &position.to_string())]);
        match &self.etag {
            Some(etag) => RowWrite::Merge { key: layout::HEAD.into(), etag: etag.clone(), columns },
            None => RowWrite::Insert { key: layout::HEAD.into(), columns },
        }
    }
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
