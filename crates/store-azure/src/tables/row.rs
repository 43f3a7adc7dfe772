//! Conversion between a record and its row.
//!
//! An empty text means "no value", because a merge cannot remove a column. For the same reason, optional numbers are
//! stored as text.

use chrono::{DateTime, SecondsFormat, Utc};
use keyferry_domain::ports::{Claim, ClaimChange, RecordColumns, StoreError, Stored, Version};
use keyferry_domain::{Term, Timestamp};
use serde_json::Value;

use super::columns::{Columns, Row, columns};
use super::long_text;

const RECORD: &str = "record";
const TERMS: &str = "terms";

/// Columns that a change of a row depends on. `Timestamp` must be selected to get the ETag.
pub(super) const CHANGE_COLUMNS: &str = "PartitionKey,RowKey,Timestamp,terms,write,claim_holder,claim_until";

/// Text of the column `needs_human` of shipments that need an operator. Empty for others.
pub(super) const NEEDS_HUMAN: &str = "yes";

pub(super) const CLAIM_HOLDER: &str = "claim_holder";
pub(super) const CLAIM_UNTIL: &str = "claim_until";

/// Parsed [`Version`]: the number of parts of the record, and the ETag, which changes with each write. Example:
/// `1 W/"…"`.
///
/// The number of parts is in the version so that a commit can empty the parts that it no longer needs without reading
/// the record again.
pub(super) struct Expected {
    pub(super) etag: String,
    /// Number of columns that contain the record, see [`long_text`].
    pub(super) parts: usize,
}

impl Expected {
    /// Parses a version. Returns `None` for a version of another store, which no row can have.
    pub(super) fn parse(version: &Version) -> Option<Self> {
        let (parts, etag) = version.0.split_once(' ')?;
        Some(Self { etag: etag.to_owned(), parts: parts.parse().ok()? })
    }

    /// Returns the version for callers of the store, the inverse of [`Self::parse`].
    pub(super) fn version(parts: usize, etag: &str) -> Version {
        Version(format!("{parts} {etag}"))
    }
}

/// Returns the columns of a record and its number of parts. `now` is the time of the write.
///
/// `before` is the number of parts that the row has, 0 for a new row. The result empties the parts above the new
/// number, because a merge would otherwise leave them.
///
/// # Errors
/// [`StoreError::Broken`] if the record does not fit into a row.
pub(super) fn to_columns(
    record: &RecordColumns,
    now: Timestamp,
    before: usize,
) -> Result<(Columns, usize), StoreError> {
    let mut columns = Columns::new();
    let parts = long_text::write(&mut columns, RECORD, &record.record, before).ok_or_else(|| {
        let length = record.record.len();
        let reason = format!("its record of {length} bytes exceeds the maximum size of a row in Table Storage");
        StoreError::Broken { id: record.id.clone(), reason }
    })?;
    let mut put = |name: &str, text: Option<&str>| {
        // Only the column is cut. The record contains the complete text.
        let text = long_text::shortened(text.unwrap_or_default());
        columns.insert(name.to_owned(), Value::from(text));
    };
    put("shipmentId", record.shipment_id.as_deref());
    put("shipmentState", Some(record.state));
    put("phase", Some(record.phase));
    put("error_kind", record.error_kind);
    put("error_message", record.error_message.as_deref());
    put("obstacle_class", record.obstacle_class);
    put("obstacle_code", record.obstacle_code.as_deref());
    put("user_id", record.user_id.as_deref());
    put("object_id", record.object_id.as_deref());
    put("serial", record.serial.as_deref());
    put("tracking_number", record.tracking_number.as_deref());
    put("requested_by", Some(&record.requested_by));
    put("needs_human", record.needs_human.then_some(NEEDS_HUMAN));
    put("batch", record.batch.as_deref());
    put("product_id", record.product_id.map(|id| id.to_string()).as_deref());
    put("reference", record.reference.as_deref());
    put("country", record.country.as_deref());
    put("not_before", record.not_before.as_deref());
    put("needed_by", record.needed_by.as_deref());
    put("created_at", Some(&time_text(record.created_at)));
    put("updated_at", Some(&time_text(now)));
    put("deadline", record.deadline.map(time_text).as_deref());
    put("next_attempt", record.next_attempt.map(time_text).as_deref());
    let terms: Value = record.terms.iter().map(Term::as_str).collect();
    columns.insert(TERMS.to_owned(), terms.to_string().into());
    Ok((columns, parts))
}

/// Reads the shipment of a row. If an operator set the state to `complete` by hand, `now` is the time of completion.
///
/// # Errors
/// Returns what is wrong with the row, without content of the record.
pub(super) fn read(row: &Row, now: Timestamp) -> Result<Stored, String> {
    let (record, parts) = long_text::read(row, RECORD)?;
    let change = RecordColumns::read(row.key(), row.text("phase"), row.text("shipmentState"), &record, now)?;
    Ok(Stored { change, version: Expected::version(parts, &row.etag), claim: claim(row)? })
}

/// Returns how many events of the shipment the record counts. `None` if the record cannot be read.
pub(super) fn number_of_events(row: &Row) -> Option<u32> {
    let (record, _) = long_text::read(row, RECORD).ok()?;
    let record: Value = serde_json::from_str(&record).ok()?;
    record["events"].as_u64().and_then(|number| u32::try_from(number).ok())
}

/// Reads the claim on the shipment. `None`: it is not claimed.
///
/// # Errors
/// Returns what is wrong with the columns of the claim. Only an edit by hand causes that.
pub(super) fn claim(row: &Row) -> Result<Option<Claim>, String> {
    match row.text(CLAIM_HOLDER) {
        "" => Ok(None),
        holder => {
            let until =
                time(row.text(CLAIM_UNTIL)).ok_or("column `claim_until` is not a time; empty both claim columns")?;
            Ok(Some(Claim { holder: holder.to_owned(), until }))
        }
    }
}

/// Returns the columns that take or release the claim with a change of this row. `None` if the claim of another worker
/// is valid.
pub(super) fn claim_columns(row: &Row, change: &ClaimChange) -> Option<Columns> {
    match change {
        // A claim whose end cannot be read has expired.
        ClaimChange::Take(new, now) => match claim(row) {
            Ok(Some(held)) if held.blocks(new, *now) => None,
            _ => Some(columns([(CLAIM_HOLDER, &new.holder), (CLAIM_UNTIL, &time_text(new.until))])),
        },
        ClaimChange::Release(holder) if row.text(CLAIM_HOLDER) == holder => {
            Some(columns([(CLAIM_HOLDER, ""), (CLAIM_UNTIL, "")]))
        }
        ClaimChange::Release(_) => Some(Columns::new()),
    }
}

/// Returns the search terms of the shipment. Empty if the column cannot be read, so that an edit by hand does not make
/// the shipment unusable. Filters by term then do not match it, and index entries of removed terms remain.
pub(super) fn terms(row: &Row) -> Vec<String> {
    serde_json::from_str(row.text(TERMS)).unwrap_or_default()
}

/// Formats a time as RFC 3339 in UTC with microseconds, so that texts sort by time and are readable.
pub(super) fn time_text(at: Timestamp) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// Parses an RFC 3339 time. Accepts any offset and precision, since an operator may have edited the column.
pub(super) fn time(text: &str) -> Option<Timestamp> {
    DateTime::parse_from_rfc3339(text).ok().map(|at| at.with_timezone(&Utc))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_contains_the_etag() {
        let version = Expected::version(2, "W/\"datetime'2026-11-24T05%3A58%3A22.1Z'\"");
        let expected = Expected::parse(&version).unwrap();
        assert_eq!((expected.parts, expected.etag.as_str()), (2, "W/\"datetime'2026-11-24T05%3A58%3A22.1Z'\""));
        for foreign in ["", "7:ongoing", "nobody's", "x W/\"1\""] {
            assert!(Expected::parse(&Version(foreign.into())).is_none(), "{foreign}");
        }
    }
}
