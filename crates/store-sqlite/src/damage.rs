//! Search for damaged pages and indexes.

use std::collections::BTreeMap;

use keyferry_domain::PhaseName;
use keyferry_domain::ports::{OpenCounts, StoreError};
use rusqlite::Connection;

use crate::failure::Failure;

/// Maximum number of findings.
const MAX: usize = 50;

/// Indexes that the queries of runs use: full runs list by id, retries by phase.
pub(crate) const BY_ID: &str = "sqlite_autoindex_fprshipments_1";
pub(crate) const BY_PHASE: &str = "fprshipments_by_phase";

/// Reads all pages, and compares each index with its table. Returns one line for each finding.
///
/// `quick_check` does not compare indexes with tables, so it does not find an index that skips rows.
pub(crate) fn find(connection: &Connection) -> Result<Vec<String>, Failure> {
    let mut findings = Vec::new();
    if let Err(error) = check(connection, &mut findings) {
        let failure = Failure::from(error);
        if !failure.is_damage() {
            return Err(failure);
        }
        findings.push(match failure.into_store_error("check the rest of the database") {
            // The remedy is the same for all findings. Who reports them adds it once.
            StoreError::Damaged(reason) => reason,
            other => other.to_string(),
        });
    }
    if findings.len() >= MAX {
        findings.push(format!("the check stopped after {MAX} findings; there may be more"));
    }
    Ok(findings)
}

fn check(connection: &Connection, findings: &mut Vec<String>) -> rusqlite::Result<()> {
    let trees = trees(connection)?;
    let mut statement = connection.prepare(&format!("PRAGMA integrity_check({MAX})"))?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let text: String = row.get(0)?;
        let lines = text.lines().filter(|line| *line != "ok" && !line.starts_with("***"));
        findings.extend(lines.map(|line| explain(line, &trees)));
    }
    Ok(())
}

/// Returns the table or index at each root page.
fn trees(connection: &Connection) -> rusqlite::Result<BTreeMap<i64, String>> {
    let mut statement = connection.prepare("SELECT rootpage, type, name, tbl_name FROM sqlite_schema")?;
    let tree = |row: &rusqlite::Row<'_>| {
        let (kind, name, table): (String, String, String) = (row.get(1)?, row.get(2)?, row.get(3)?);
        let of = if kind == "index" { format!(" of table {table}") } else { String::new() };
        Ok((row.get(0)?, format!("{kind} {name}{of}")))
    };
    statement.query_map([], tree)?.collect()
}

/// Replaces the number of a tree by the name of its table or index: `Tree 12 page 45: …` becomes
/// `index fprshipments_by_phase of table fprshipments: page 45: …`.
fn explain(line: &str, trees: &BTreeMap<i64, String>) -> String {
    let named = line.strip_prefix("Tree ").and_then(|rest| {
        let (root, rest) = rest.split_once(' ')?;
        Some(format!("{}: {rest}", trees.get(&root.parse().ok()?)?))
    });
    named.unwrap_or_else(|| line.to_owned())
}

/// Counts open shipments by table, and by each index that queries of runs use. Reads one state of the database.
pub(crate) fn open_counts(connection: &Connection) -> Result<OpenCounts, Failure> {
    let snapshot = connection.unchecked_transaction()?;
    let open = PhaseName::OPEN.map(|phase| format!("'{}'", phase.as_str())).join(", ");
    let count = |by: &str| -> Result<u64, Failure> {
        let query = format!("SELECT count(*) FROM fprshipments {by} WHERE phase IN ({open})");
        let found = snapshot.query_row(&query, [], |row| row.get::<_, i64>(0));
        let action = |error| Failure::from(error).into_store_error(&format!("count open shipments {by}"));
        Ok(found.map_err(action)?.unsigned_abs())
    };
    let by_table = count("NOT INDEXED")?;
    let by_phase = count(&format!("INDEXED BY {BY_PHASE}"))?;
    let action = |error| Failure::from(error).into_store_error(&format!("count open shipments INDEXED BY {BY_ID}"));
    let by_id = in_order(&snapshot, &open).map_err(action)?;
    // If only one index differs, it is the one to report.
    let by_index = [by_phase, by_id].into_iter().find(|count| *count != by_table).unwrap_or(by_table);
    Ok(OpenCounts { by_table, by_index })
}

/// Counts open shipments in the order of the index by id. A row whose key is not greater than all keys before it is not
/// counted, because a query that continues after a key skips it.
fn in_order(connection: &Connection, open: &str) -> rusqlite::Result<u64> {
    let query = format!("SELECT id, phase IN ({open}) FROM fprshipments INDEXED BY {BY_ID} ORDER BY id");
    let mut statement = connection.prepare(&query)?;
    let mut rows = statement.query([])?;
    let (mut count, mut greatest) = (0, Vec::new());
    while let Some(row) = rows.next()? {
        let id = row.get_ref(0)?.as_bytes()?;
        if greatest.as_slice() < id {
            greatest = id.to_vec();
            count += u64::from(row.get::<_, bool>(1)?);
        }
    }
    Ok(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finding_names_table_or_index() {
        let trees = BTreeMap::from([(12, "index a of table b".to_owned())]);
        for (line, expected) in [
            (
                "Tree 12 page 45: btreeInitPage() returns error code 11",
                "index a of table b: page 45: btreeInitPage() returns error code 11",
            ),
            ("Tree 13 page 45: x", "Tree 13 page 45: x"),
            ("row 5 missing from index a", "row 5 missing from index a"),
        ] {
            assert_eq!(explain(line, &trees), expected);
        }
    }
}
