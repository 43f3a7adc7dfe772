//! Row of a shipment.

use keyferry_domain::Timestamp;
use keyferry_domain::ports::{Claim, RecordColumns, Stored, Version};
use rusqlite::Row;

use crate::time;

/// Columns that [`read`] needs, in its order.
pub(crate) const COLUMNS: &str = "id, shipmentState, phase, version, claim_holder, claim_until, record";

/// Parsed [`Version`]: the row's counter and its state. Example: `7:ongoing`.
///
/// An operator who edits the state by hand does not increase the counter. Because the state is part of the version, a
/// worker still does not overwrite the edit.
pub(crate) struct Expected {
    pub(crate) counter: i64,
    pub(crate) state: String,
}

impl Expected {
    /// Parses a version. Returns `None` for a version of another store, which no row can have.
    pub(crate) fn parse(version: &Version) -> Option<Self> {
        let (counter, state) = version.0.split_once(':')?;
        Some(Self { counter: counter.parse().ok()?, state: state.to_owned() })
    }

    pub(crate) fn version(counter: i64, state: &str) -> Version {
        Version(format!("{counter}:{state}"))
    }
}

/// Reads the row's key, and its shipment or what is wrong with the row.
pub(crate) fn read(row: &Row<'_>, now: Timestamp) -> rusqlite::Result<(String, Result<Stored, String>)> {
    let id = match row.get_ref(0)? {
        rusqlite::types::ValueRef::Text(text) => String::from_utf8_lossy(text).into_owned(),
        other => format!("{other:?}"),
    };
    let stored = columns(row).map_err(|error| error.to_string()).and_then(|columns| columns.into_stored(&id, now));
    Ok((id, stored))
}

struct Columns {
    state: String,
    phase: String,
    counter: i64,
    claim_holder: Option<String>,
    claim_until: Option<String>,
    record: String,
}

fn columns(row: &Row<'_>) -> rusqlite::Result<Columns> {
    Ok(Columns {
        state: row.get(1)?,
        phase: row.get(2)?,
        counter: row.get(3)?,
        claim_holder: row.get(4)?,
        claim_until: row.get(5)?,
        record: row.get(6)?,
    })
}

impl Columns {
    fn into_stored(self, id: &str, now: Timestamp) -> Result<Stored, String> {
        let change = RecordColumns::read(id, &self.phase, &self.state, &self.record, now)?;
        let claim = match (self.claim_holder, self.claim_until) {
            (None, _) => None,
            (Some(holder), until) => {
                let until = until.as_deref().and_then(time::parse);
                Some(Claim {
                    holder,
                    until: until.ok_or("column `claim_until` is not a time; empty both claim columns")?,
                })
            }
        };
        Ok(Stored { change, version: Expected::version(self.counter, &self.state), claim })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_contains_the_state() {
        let version = Expected::version(7, "ongoing");
        assert_eq!(version, Version("7:ongoing".into()));
        let expected = Expected::parse(&version).unwrap();
        assert_eq!((expected.counter, expected.state.as_str()), (7, "ongoing"));
        for foreign in ["", "7", "x:ongoing", "W/\"datetime'2026'\""] {
            assert!(Expected::parse(&Version(foreign.into())).is_none(), "{foreign}");
        }
    }
}
