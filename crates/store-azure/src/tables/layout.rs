//! Row keys of the partition of shipments, events and search terms.
//!
//! A transaction is limited to one partition, so everything that is written with a shipment shares its partition. The
//! keys of all rows but shipments begin with `sys-`, which sorts after every id.

use keyferry_domain::{ShipmentId, Term};

use super::key::{hashed, quoted};
use super::partition;

/// Keys of shipments begin with a hex digit.
const BEFORE_IDS: &str = "0";
const BEHIND_IDS: &str = "g";

/// Sorts after all digits, and so after all numbers with the same prefix.
const BEHIND_DIGITS: char = ':';

/// Sorts after all hex digits.
const BEHIND_HEX: char = 'g';

/// The row with the last position in the order of all events.
pub(super) const HEAD: &str = "sys-head";

const DELETED: &str = "sys-deleted-";

/// The row of a shipment's event.
pub(super) fn event(id: ShipmentId, seq: u32) -> String {
    format!("sys-event-{id}-{seq:010}")
}

/// The row of a position in the order of all events.
pub(super) fn feed(position: u64) -> String {
    format!("sys-feed-{position:020}")
}

/// The row that leads from a term to a shipment that has it.
pub(super) fn term(term: &str, id: &str) -> String {
    format!("{}{id}", term_prefix(term))
}

/// The row of a deleted shipment whose events are still to be deleted.
pub(super) fn deleted(id: &str) -> String {
    format!("{DELETED}{id}")
}

/// The shipment of a key made by [`term`] or [`deleted`].
pub(super) fn shipment_of(key: &str) -> Option<ShipmentId> {
    key.len().checked_sub(36).and_then(|start| key.get(start..)).and_then(ShipmentId::parse)
}

/// A filter for shipments, all or those behind a key. It makes three comparisons.
pub(super) fn shipments(after: Option<&str>) -> String {
    let from = match after {
        Some(after) => format!("RowKey gt {}", quoted(after)),
        None => format!("RowKey ge {}", quoted(BEFORE_IDS)),
    };
    format!("{} and {from} and RowKey lt {}", in_partition(), quoted(BEHIND_IDS))
}

/// A filter for events of a shipment behind a number.
pub(super) fn events(id: ShipmentId, after: u32) -> String {
    between(&event(id, after), &format!("sys-event-{id}-{BEHIND_DIGITS}"))
}

/// A filter for all positions.
pub(super) fn feed_rows() -> String {
    between(&feed(0), &format!("sys-feed-{BEHIND_DIGITS}"))
}

/// A filter for positions behind `after`, `last` being the last.
pub(super) fn feed_between(after: u64, last: u64) -> String {
    format!("{} and RowKey gt {} and RowKey le {}", in_partition(), quoted(&feed(after)), quoted(&feed(last)))
}

/// A filter for the shipments that a term leads to.
pub(super) fn term_rows(term: &Term) -> String {
    let prefix = term_prefix(term.as_str());
    between(&prefix, &format!("{prefix}{BEHIND_HEX}"))
}

/// A filter for deleted shipments.
pub(super) fn deleted_rows() -> String {
    between(DELETED, &format!("{DELETED}{BEHIND_HEX}"))
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
    fn no_other_row_lies_between_shipments() {
        let id = ShipmentId::parse(ID).unwrap();
        for key in [event(id, 1), feed(1), term("serial 1", ID), deleted(ID), HEAD.to_owned()] {
            assert!(key.as_str() > BEHIND_IDS, "{key}");
        }
        for first in "0123456789abcdef".chars() {
            assert!(BEFORE_IDS <= first.to_string().as_str() && first.to_string().as_str() < BEHIND_IDS);
        }
    }

    #[test]
    fn keys_sort_by_their_numbers() {
        let id = ShipmentId::parse(ID).unwrap();
        assert!(event(id, 9) < event(id, 10) && event(id, u32::MAX) < format!("sys-event-{id}-{BEHIND_DIGITS}"));
        assert!(feed(99) < feed(100) && feed(u64::MAX) < format!("sys-feed-{BEHIND_DIGITS}"));
    }

    #[test]
    fn a_key_names_its_shipment() {
        for key in [term("serial 1", ID), deleted(ID)] {
            assert_eq!(shipment_of(&key), ShipmentId::parse(ID));
        }
        for key in ["", "sys-head", "sys-term-é0192f3a0-0000-7000-8000-00000000000", "sys-deleted-me"] {
            assert_eq!(shipment_of(key), None, "{key}");
        }
    }
}
