//! A shipment's row, and back.
//!
//! A property holds 64 KiB at most, so a long record is spread over the columns `record`, `record_1` and so on; `record_parts` tells how many
//! count. An empty text stands for nothing, as merging cannot take a column away.

use chrono::{DateTime, SecondsFormat, Utc};
use keyferry_domain::Timestamp;
use keyferry_domain::ports::{Claim, RecordColumns, StoreError, Stored, Version};
use serde_json::Value;

use super::service::{Columns, Row};

/// Characters of UTF-16 in one column; 32,768 are the limit.
const PART: usize = 32_000;

/// The most parts: more do not fit into a row, which holds 1 MiB.
const MOST_PARTS: usize = 15;

const PARTS: &str = "record_parts";
pub(super) const CLAIM_HOLDER: &str = "claim_holder";
pub(super) const CLAIM_UNTIL: &str = "claim_until";

/// A version as callers hold it: the ETag, which changes with each write of anybody, and how many parts the record has, such as `1 W/"…"`.
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
    let parts = split(&record.record);
    if parts.len() > MOST_PARTS {
        return Err(StoreError::Broken {
            id: record.id.clone(),
            reason: format!(
                "its record has {} bytes, which is more than a row of Table Storage holds",
                record.record.len()
            ),
        });
    }
    let mut columns = Columns::new();
    let mut put = |name: &str, text: &str| drop(columns.insert(name.to_owned(), Value::from(text)));
    put("shipmentId", record.shipment_id.as_deref().unwrap_or_default());
    put("shipmentState", record.state);
    put("phase", record.phase);
    put("error_kind", record.error_kind.unwrap_or_default());
    put("error_message", record.error_message.as_deref().unwrap_or_default());
    put("user_id", record.user_id.as_deref().unwrap_or_default());
    put("updated_at", &time_text(now));
    for number in 0..parts.len().max(before) {
        put(&part_name(number), parts.get(number).copied().unwrap_or_default());
    }
    columns.insert(PARTS.into(), Value::from(parts.len()));
    Ok((columns, parts.len()))
}

/// What the row holds, or what is wrong with it.
pub(super) fn read(row: &Row, now: Timestamp) -> Result<Stored, String> {
    let parts = row.columns.get(PARTS).and_then(Value::as_u64).and_then(|parts| usize::try_from(parts).ok());
    let parts = parts
        .filter(|parts| (1..=MOST_PARTS).contains(parts))
        .ok_or_else(|| format!("column `{PARTS}` is not a number of parts"))?;
    let record: String = (0..parts).map(|number| row.text(&part_name(number))).collect();
    let shipment = RecordColumns::read(row.key(), row.text("phase"), row.text("shipmentState"), &record, now)?;
    Ok(Stored { shipment, version: Expected::version(parts, &row.etag), claim: claim(row)? })
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

fn part_name(number: usize) -> String {
    if number == 0 { "record".into() } else { format!("record_{number}") }
}

/// Pieces of at most [`PART`] units of UTF-16.
fn split(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut start, mut units) = (0, 0);
    for (index, c) in text.char_indices() {
        if units + c.len_utf16() > PART {
            parts.push(&text[start..index]);
            (start, units) = (index, 0);
        }
        units += c.len_utf16();
    }
    parts.push(&text[start..]);
    parts
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
    fn parts_are_cut_between_characters_and_by_units_of_utf_16() {
        let text = "🔑".repeat(PART);
        let parts = split(&text);
        assert_eq!(parts.len(), 2);
        assert!(parts.iter().all(|part| part.encode_utf16().count() <= PART));
        assert_eq!(parts.concat(), text);
        assert_eq!(split(""), [""]);
        assert_eq!(split("ab"), ["ab"]);
    }

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
