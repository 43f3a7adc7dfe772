//! Slice: a bounded part of the comparison, and the position after it.

use keyferry_domain::Failure;
use keyferry_domain::ports::Cursor;

use super::difference::Difference;
use crate::failures::explain;

/// Bounded part of the comparison.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Slice {
    /// Differences that were found.
    pub differences: Vec<Difference>,
    /// What was compared.
    pub compared: Compared,
    /// What was not compared, and why.
    pub not_compared: Vec<NotCompared>,
    /// Position after the slice. `None` at the end.
    pub next: Option<Position>,
    /// Pause before the next slice, in seconds: a rate limit is reached.
    pub pause: Option<u64>,
}

/// Number of compared items.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Compared {
    /// Orders in the delivery service's list.
    pub orders: u64,
    /// Records of shipments.
    pub shipments: u64,
    /// Persons whose account or passkeys were read.
    pub people: u64,
    /// Calls to the delivery service and the identity provider.
    pub calls: u64,
}

impl Compared {
    pub(super) fn add(&mut self, other: Self) {
        self.orders += other.orders;
        self.shipments += other.shipments;
        self.people += other.people;
        self.calls += other.calls;
    }
}

/// Part that was not compared.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NotCompared {
    /// The part, for example `delivery service's list of orders`.
    pub what: &'static str,
    /// Why not, and what to do.
    pub why: String,
    /// Number of persons or records that it concerns. 0 if it is the whole part.
    pub count: u64,
}

/// Position in the comparison: first the delivery service's list, then the records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Position {
    /// Offset in the delivery service's list.
    Orders(u64),
    /// Position in the store's list of shipments. `None`: at its start.
    Records(Option<Cursor>),
}

impl Position {
    /// Returns the start.
    pub fn start() -> Self {
        Self::Orders(0)
    }

    /// Parses the text of [`Self::to_text`].
    pub fn parse(text: &str) -> Option<Self> {
        match text.split_once('.')? {
            ("orders", offset) => offset.parse().ok().map(Self::Orders),
            ("records", "") => Some(Self::Records(None)),
            ("records", cursor) => Some(Self::Records(Some(Cursor(cursor.to_owned())))),
            _ => None,
        }
    }

    /// Returns the text that the API returns as a cursor.
    pub fn to_text(&self) -> String {
        match self {
            Self::Orders(offset) => format!("orders.{offset}"),
            Self::Records(cursor) => format!("records.{}", cursor.as_ref().map_or("", |cursor| cursor.0.as_str())),
        }
    }
}

impl Slice {
    /// Adds what a later slice found. `next` and `pause` become those of the later slice.
    pub fn add(&mut self, later: Self) {
        self.differences.extend(later.differences);
        self.compared.add(later.compared);
        for part in later.not_compared {
            self.add_not_compared(part.what, part.why, part.count);
        }
        (self.next, self.pause) = (later.next, later.pause);
    }

    pub(super) fn not_compared(&mut self, what: &'static str, failure: &Failure, count: u64) {
        self.add_not_compared(what, explain(failure), count);
    }

    pub(super) fn add_not_compared(&mut self, what: &'static str, why: String, count: u64) {
        match self.not_compared.iter_mut().find(|known| known.what == what && known.why == why) {
            Some(known) => known.count += count,
            None => self.not_compared.push(NotCompared { what, why, count }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_are_read_as_written() {
        for position in [
            Position::start(),
            Position::Orders(200),
            Position::Records(None),
            Position::Records(Some(Cursor("a.b/c".into()))),
        ] {
            assert_eq!(Position::parse(&position.to_text()), Some(position));
        }
        for wrong in ["", "orders", "orders.x", "orders.-1", "people.1", "."] {
            assert_eq!(Position::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn reasons_are_counted_not_repeated() {
        let mut slice = Slice::default();
        slice.add_not_compared("passkeys", "no".into(), 2);
        slice.add_not_compared("passkeys", "no".into(), 3);
        slice.add_not_compared("accounts", "no".into(), 1);
        assert_eq!(slice.not_compared.iter().map(|one| one.count).collect::<Vec<_>>(), [5, 1]);
    }
}
