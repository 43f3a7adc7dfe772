//! Reads the connector's database from outside.

use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};
use serde_json::Value;

/// Returns the data directory.
pub(crate) fn folder(dir: &Path) -> PathBuf {
    dir.join("data")
}

pub(crate) fn path(dir: &Path) -> PathBuf {
    folder(dir).join("keyferry.db")
}

/// Uses the data directory as another process does.
pub(crate) fn accompany(dir: &Path) -> File {
    let path = folder(dir).join("keyferry.lock");
    let file = OpenOptions::new().read(true).append(true).create(true).open(path).unwrap();
    file.lock_shared().unwrap();
    file
}

/// A shipment's record.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    pub(crate) id: String,
    /// The delivery service's id.
    pub(crate) shipment_id: Option<String>,
    pub(crate) phase: String,
    pub(crate) claim_until: Option<String>,
    pub(crate) error: Option<String>,
    /// The recipient's mail address. It is also on the parcel, and identifies the order.
    pub(crate) recipient: String,
}

impl Record {
    /// Returns whether the connector may still process it.
    pub(crate) fn is_open(&self) -> bool {
        ["submitting", "accepted", "fulfilled", "registered", "cancelling"].contains(&self.phase.as_str())
    }
}

pub(crate) fn records(dir: &Path) -> rusqlite::Result<Vec<Record>> {
    let connection = open(dir)?;
    let query = "SELECT id, shipmentId, phase, claim_until, error_message, record FROM fprshipments ORDER BY id";
    let mut statement = connection.prepare(query)?;
    let rows = statement.query_map([], |row| {
        let record: Value = serde_json::from_str(&row.get::<_, String>(5)?).unwrap();
        Ok(Record {
            id: row.get(0)?,
            shipment_id: row.get(1)?,
            phase: row.get(2)?,
            claim_until: row.get(3)?,
            error: row.get(4)?,
            recipient: record["recipient_email"].as_str().unwrap_or_default().to_owned(),
        })
    })?;
    rows.collect()
}

/// Returns the ids of shipments that have a secret.
pub(crate) fn secrets(dir: &Path) -> rusqlite::Result<Vec<String>> {
    let connection = open(dir)?;
    let mut statement = connection.prepare("SELECT name FROM secrets")?;
    let names = statement.query_map([], |row| row.get::<_, String>(0))?;
    names.map(|name| name.map(|name| name.trim_start_matches("fpr-").to_owned())).collect()
}

/// Returns the names of the sealed orders.
pub(crate) fn sealed_orders(dir: &Path) -> rusqlite::Result<Vec<String>> {
    let connection = open(dir)?;
    let mut statement = connection.prepare("SELECT name FROM secrets WHERE name LIKE 'fpo-%'")?;
    statement.query_map([], |row| row.get(0))?.collect()
}

/// Returns the numbers of shipments, secrets and idempotency keys.
pub(crate) fn sizes(dir: &Path) -> rusqlite::Result<[i64; 3]> {
    let connection = open(dir)?;
    let count = |table: &str| connection.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0));
    Ok([count("fprshipments")?, count("secrets")?, count("idempotency_keys")?])
}

/// Runs SQLite's integrity check on a database whose process has exited. Returns `ok` if it is intact.
pub(crate) fn integrity(dir: &Path) -> rusqlite::Result<String> {
    let connection = Connection::open(path(dir))?;
    connection.query_row("PRAGMA integrity_check", [], |row| row.get(0))
}

/// Opens the database read-only.
fn open(dir: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(path(dir), OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    connection.busy_timeout(Duration::from_secs(10))?;
    Ok(connection)
}
