//! Place of a shipment in a listing, and the cursor that encodes it.

use std::fmt::Write as _;

use keyferry_domain::Timestamp;
use keyferry_domain::ports::{Cursor, ShipmentSort, StoreError, Summary};

/// Place of a row in a listing. Rows of equal rank are sorted by key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    rank: Rank,
    key: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    /// A time in microseconds, negated for descending orders.
    At(i64),
    /// The row has no such time.
    Never,
    /// The row cannot be read.
    Broken,
}

impl Place {
    /// Returns the place of a row. `summary` is `None` if the row cannot be read.
    pub(super) fn of(sort: ShipmentSort, key: &str, summary: Option<&Summary>) -> Self {
        let ascending = |at: Option<Timestamp>| at.map_or(Rank::Never, |at| Rank::At(at.timestamp_micros()));
        let rank = match (sort, summary) {
            (ShipmentSort::Id, _) => Rank::Never,
            (_, None) => Rank::Broken,
            (ShipmentSort::Newest, Some(summary)) => Rank::At(-summary.created_at.timestamp_micros()),
            (ShipmentSort::Updated, Some(summary)) => Rank::At(-summary.updated_at.timestamp_micros()),
            (ShipmentSort::Deadline, Some(summary)) => ascending(summary.deadline),
            (ShipmentSort::NextAttempt, Some(summary)) => ascending(summary.next_attempt),
        };
        Self { rank, key: key.to_owned() }
    }

    /// Returns the cursor after this place: the key, preceded by the rank unless the order is by id.
    pub(super) fn cursor(&self, sort: ShipmentSort) -> Cursor {
        let mut text = String::new();
        if sort != ShipmentSort::Id {
            // Writing to a `String` does not fail.
            let _ = match self.rank {
                Rank::At(micros) => write!(text, "{micros} "),
                Rank::Never => write!(text, "never "),
                Rank::Broken => write!(text, "broken "),
            };
        }
        Cursor(text + &self.key)
    }

    /// Parses a cursor made by [`Place::cursor`].
    ///
    /// # Errors
    /// [`StoreError::Broken`] if the cursor does not belong to this order.
    pub(super) fn parse(sort: ShipmentSort, cursor: &Cursor) -> Result<Self, StoreError> {
        if sort == ShipmentSort::Id {
            return Ok(Self { rank: Rank::Never, key: cursor.0.clone() });
        }
        let (rank, key) = cursor.0.split_once(' ').unwrap_or_default();
        let rank = match rank {
            "never" => Some(Rank::Never),
            "broken" => Some(Rank::Broken),
            micros => micros.parse().ok().map(Rank::At),
        };
        let rank = rank.ok_or_else(|| StoreError::Broken {
            id: "a page of shipments".into(),
            reason: "its cursor does not belong to this sort order".into(),
        })?;
        Ok(Self { rank, key: key.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursor_round_trip() {
        for rank in [Rank::At(-7), Rank::At(1_790_000_000_000_000), Rank::Never, Rank::Broken] {
            let place = Place { rank, key: "0192 x".into() };
            assert_eq!(Place::parse(ShipmentSort::Deadline, &place.cursor(ShipmentSort::Deadline)).unwrap(), place);
        }
        for text in ["", "7", "x y", "7.5 k", "99999999999999999999 k"] {
            assert!(Place::parse(ShipmentSort::Newest, &Cursor(text.into())).is_err(), "{text}");
        }
        assert!(Rank::At(i64::MAX) < Rank::Never && Rank::Never < Rank::Broken);
    }
}
