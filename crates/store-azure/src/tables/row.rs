//! A shipment's row, and back.
//!
//! An empty text stands for nothing, as merging cannot take a column away. So a number that may be missing is a text,
//! too.

use chrono::{DateTime, SecondsFormat, Utc};
use keyferry_domain::ports::{Claim, RecordColumns, StoreError, Stored, Version};
use keyferry_domain::{Term, Timestamp};
use serde_json::Value;

use super::columns::{Columns, Row};
use super::long_text;

const RECORD: &str = "record";
const TERMS: &str = "terms";

/// The columns that a change of a row needs to know. The time must be asked for to get the ETag.
pub(super) const CHANGE_COLUMNS: &str = "PartitionKey,RowKey,Timestamp,terms,write";

pub(super) const CLAIM_HOLDER: &str = "claim_holder";
pub(super) const CLAIM_UNTIL: &str = "claim_until";

/// A version as callers hold it: the ETag, which changes with each write of anybody, and how many parts the record has,
/// such as `1 W/"…"`.
pub(super) struct Expected {
    pub(super) etag: String,
    pub(super) parts: usize,
}

impl Expected {
    /// `None` for a version that is not ours, which no row can have.
    pub(super) fn parse(version: &Version) -> Option<Self> {
        let (parts, etag) = version.0.split_once(' ')?;
        Some(Self { etag: etag.to_owned(), parts: parts.parse().ok()? })
    }

    pub(super) fn version(parts: usize, etag: &str) -> Version {
        Version(format!("{parts} {etag}"))
    }
}

/// The columns that a record is written to, and into how many parts it went. `before` is how many it had.
pub(super) fn to_columns(
    record: &RecordColumns,
    now: Timestamp,
    before: usize,
) -> Result<(Columns, usize), StoreError> {
    let mut columns = Columns::new();
    let parts = long_text::write(&mut columns, RECORD, &record.record, before).ok_or_else(|| {
        let length = record.record.len();
        let reason = format!("its record has {length} bytes, which is more than a row of Table Storage holds");
        StoreError::Broken { id: record.id.clone(), reason }
    })?;
    let mut put = |name: &str, text: Option<&str>| {
        // The record has the text whole.
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
    put("batch", record.batch.as_deref());
    put("product_id", record.product_id.map(|id| id.to_string()).as_deref());
    put("created_at", Some(&time_text(record.created_at)));
    put("updated_at", Some(&time_text(now)));
    put("deadline", record.deadline.map(time_text).as_deref());
    put("next_attempt", record.next_attempt.map(time_text).as_deref());
    let terms: Value = record.terms.iter().map(Term::as_str).collect();
    columns.insert(TERMS.to_owned(), terms.to_string().into());
    Ok((columns, parts))
}

/// What the row holds, or what is wrong with it.
pub(super) fn read(row: &Row, now: Timestamp) -> Result<Stored, String> {
    let (record, parts) = long_text::read(row, RECORD)?;
    let change = RecordColumns::read(row.key(), row.text("phase"), row.text("shipmentState"), &record, now)?;
    Ok(Stored { change, version: Expected::version(parts, &row.etag), claim: claim(row)? })
}

/// Who works on it.
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

/// Returns the terms by which the shipment is found; none when the column cannot be read.
pub(super) fn terms(row: &Row) -> Vec<String> {
    serde_json::from_str(row.text(TERMS)).unwrap_or_default()
}

/// RFC 3339 in UTC with microseconds, so that texts sort as times pass and a person can read them.
pub(super) fn time_text(at: Timestamp) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}

pub(super) fn time(text: &str) -> Option<Timestamp> {
    DateTime::parse_from_rfc3339(text).ok().map(|at| at.with_timezone(&Utc))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_have_an_etag_in_them() {
        let version = Expected::version(2, "W/\"datetime'2026-11-24T05%3A58%3A22.1Z'\"");
        let expected = Expected::parse(&version).unwrap();
        assert_eq!((expected.parts, expected.etag.as_str()), (2, "W/\"datetime'2026-11-24T05%3A58%3A22.1Z'\""));
        for foreign in ["", "7:ongoing", "nobody's", "x W/\"1\""] {
            assert!(Expected::parse(&Version(foreign.into())).is_none(), "{foreign}");
        }
    }
}
