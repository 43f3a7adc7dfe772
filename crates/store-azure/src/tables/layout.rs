//! Row keys in the partition of shipments, events and search terms.
//!
//! A transaction is limited to one partition, so everything that is written with a shipment is in its partition. Keys
//! of all rows except shipments begin with `sys-`, which sorts after every id.

use keyferry_domain::{ShipmentId, Term};

use super::key::{hashed, quoted};
use super::partition;

/// Lower and upper bound of the keys of shipments, which begin with a hex digit.
const BEFORE_IDS: &str = "0";
const AFTER_IDS: &str = "g";

/// Sorts after all digits, and therefore after all numbers with the same prefix.
const AFTER_DIGITS: char = ':';

/// Sorts after all letters, and therefore after all base64url.
const AFTER_LETTERS: char = '~';

/// Sorts after all hex digits.
const AFTER_HEX: char = 'g';

/// Key of the row with the last position in the feed.
pub(super) const HEAD: &str = "sys-head";

const DELETED: &str = "sys-deleted-";
const EVENTS: &str = "sys-event-";
const CHECKPOINTS: &str = "sys-checkpoint-";
const KEYS: &str = "sys-key-";

/// Returns the key of a shipment's event.
pub(super) fn event(id: ShipmentId, seq: u32) -> String {
    format!("{EVENTS}{id}-{seq:010}")
}

/// Returns shipment and number of a key made by [`event`].
pub(super) fn event_of(key: &str) -> Option<(&str, u32)> {
    let (shipment, seq) = key.strip_prefix(EVENTS)?.rsplit_once('-')?;
    Some((shipment, seq.parse().ok()?))
}

/// Returns the key of a feed position.
pub(super) fn feed(position: u64) -> String {
    format!("sys-feed-{position:020}")
}

/// Returns the key of a checkpoint that is kept beside the newest one.
pub(super) fn checkpoint(position: u64) -> String {
    format!("{CHECKPOINTS}{position:020}")
}

/// Returns the key of the public key with this id.
pub(super) fn key(kid: &str) -> String {
    format!("{KEYS}{kid}")
}

/// Returns the key of the index entry from a term to a shipment.
pub(super) fn term(term: &str, id: &str) -> String {
    format!("{}{id}", term_prefix(term))
}

/// Returns the key of the note that a deleted shipment still has events.
pub(super) fn deleted(id: &str) -> String {
    format!("{DELETED}{id}")
}

/// Returns the shipment of a key made by [`term`] or [`deleted`].
pub(super) fn shipment_of(key: &str) -> Option<ShipmentId> {
    key.len().checked_sub(36).and_then(|start| key.get(start..)).and_then(ShipmentId::parse)
}

/// Returns a filter for all shipments, or those after a key. It has three comparisons.
pub(super) fn shipments(after: Option<&str>) -> String {
    let from = match after {
        Some(after) => format!("RowKey gt {}", quoted(after)),
        None => format!("RowKey ge {}", quoted(BEFORE_IDS)),
    };
    format!("{} and {from} and RowKey lt {}", in_partition(), quoted(AFTER_IDS))
}

/// Returns a filter for the shipments from `first` to `last`. It has three comparisons.
pub(super) fn shipments_between(first: ShipmentId, last: ShipmentId) -> String {
    let (first, last) = (quoted(&first.to_string()), quoted(&last.to_string()));
    format!("{} and RowKey ge {first} and RowKey le {last}", in_partition())
}

/// Returns a filter for events of a shipment after a number.
pub(super) fn events(id: ShipmentId, after: u32) -> String {
    between(&event(id, after), &format!("{EVENTS}{id}-{AFTER_DIGITS}"))
}

/// Returns a filter for the events of all shipments, after a key. An empty key means all.
pub(super) fn all_events(after: &str) -> String {
    between(after.max(EVENTS), &format!("{EVENTS}{AFTER_HEX}"))
}

/// Returns a filter for kept checkpoints after `after` and before `before`.
pub(super) fn checkpoints_between(after: u64, before: u64) -> String {
    between(&checkpoint(after), &checkpoint(before))
}

/// Returns a filter for all public keys.
pub(super) fn keys() -> String {
    between(KEYS, &format!("{KEYS}{AFTER_LETTERS}"))
}

/// Returns a filter for the whole feed.
pub(super) fn feed_rows() -> String {
    between(&feed(0), &format!("sys-feed-{AFTER_DIGITS}"))
}

/// Returns a filter for feed positions after `after`, up to and including `last`.
pub(super) fn feed_between(after: u64, last: u64) -> String {
    format!("{} and RowKey gt {} and RowKey le {}", in_partition(), quoted(&feed(after)), quoted(&feed(last)))
}

/// Returns a filter for the index entries of a term.
pub(super) fn term_rows(term: &Term) -> String {
    let prefix = term_prefix(term.as_str());
    between(&prefix, &format!("{prefix}{AFTER_HEX}"))
}

/// Returns a filter for the notes of deleted shipments.
pub(super) fn deleted_rows() -> String {
    between(DELETED, &format!("{DELETED}{AFTER_HEX}"))
}

fn term_prefix(term: &str) -> String {
    format!("sys-term-{}-", hashed(&[term]))
}

fn between(after: &str, before: &str) -> String {
    format!("{} and RowKey gt {} and RowKey lt {}", in_partition(), quoted(after), quoted(before))
}

fn in_partition() -> String {
    format!("PartitionKey eq {}", quoted(partition::SHIPMENTS))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0192f3a0-0000-7000-8000-000000000001";

    #[test]
    fn other_rows_sort_after_shipments() {
        let id = ShipmentId::parse(ID).unwrap();
        for key in
            [event(id, 1), feed(1), term("serial 1", ID), deleted(ID), HEAD.to_owned(), checkpoint(1), super::key("k")]
        {
            assert!(key.as_str() > AFTER_IDS, "{key}");
        }
        for first in "0123456789abcdef".chars() {
            assert!(BEFORE_IDS <= first.to_string().as_str() && first.to_string().as_str() < AFTER_IDS);
        }
    }

    #[test]
    fn keys_sort_by_number() {
        let id = ShipmentId::parse(ID).unwrap();
        assert!(event(id, 9) < event(id, 10) && event(id, u32::MAX) < format!("sys-event-{id}-{AFTER_DIGITS}"));
        assert!(feed(99) < feed(100) && feed(u64::MAX) < format!("sys-feed-{AFTER_DIGITS}"));
    }

    #[test]
    fn event_key_contains_shipment_and_number() {
        let id = ShipmentId::parse(ID).unwrap();
        assert_eq!(event_of(&event(id, 17)), Some((ID, 17)));
        for key in ["", "sys-event-", "sys-event-x", "sys-feed-1", "sys-event-x-y"] {
            assert_eq!(event_of(key), None, "{key}");
        }
    }

    #[test]
    fn key_contains_its_shipment_id() {
        for key in [term("serial 1", ID), deleted(ID)] {
            assert_eq!(shipment_of(&key), ShipmentId::parse(ID));
        }
        for key in ["", "sys-head", "sys-term-é0192f3a0-0000-7000-8000-00000000000", "sys-deleted-me"] {
            assert_eq!(shipment_of(key), None, "{key}");
        }
    }
}
