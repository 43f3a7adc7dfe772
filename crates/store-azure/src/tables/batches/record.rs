//! Conversion between batches, their rows, and the rows of the table.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD_NO_PAD;
use keyferry_domain::ports::{StoreError, StoredBatch};
use keyferry_domain::{Batch, BatchId, BatchRow, RowChange, RowFinding, RowState, Severity, ShipmentId};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::super::columns::{Columns, Row, columns};
use super::super::long_text;
use super::super::row::{Expected, time_text};
use super::layout;

const RECORD: &str = "record";
const ORDER: &str = "order";

/// Id of the key that sealed the order. Empty if there is no order.
const SEALING_KEY: &str = "sealing_key";

/// Columns of a text in a row of a batch. Each write fills all of them, so that a merge leaves nothing of a longer
/// text. Twice as many must fit into a row of 1 MiB.
const PARTS: usize = 4;

/// Columns that are read of a row whose order is not wanted.
pub(super) const WITHOUT_ORDER: &str =
    "PartitionKey,RowKey,Timestamp,state,record,record_parts,record_1,record_2,record_3";

/// Columns that are counted.
pub(super) const COUNTED: &str = "PartitionKey,RowKey,Timestamp,state,errors,warnings";

/// Returns the columns of a batch and the number of parts of its record. `before` is the number of parts that the row
/// has, 0 for a new row.
pub(super) fn batch_columns(batch: &Batch, before: usize) -> Result<(Columns, usize), StoreError> {
    let broken = |reason: &str| StoreError::Broken { id: super::name(batch.id), reason: reason.to_owned() };
    let mut columns = columns([
        ("batch", &batch.id.to_string()),
        ("name", long_text::shortened(&batch.name)),
        ("state", batch.state.name().as_str()),
        ("created_at", &time_text(batch.created_at)),
        ("created_by", long_text::shortened(&batch.created_by.to_string())),
    ]);
    let record = serde_json::to_string(batch).map_err(|_| broken("it cannot be stored as JSON"))?;
    let parts = long_text::write(&mut columns, RECORD, &record, before);
    let parts = parts.ok_or_else(|| broken("its record exceeds the maximum size of a row in Table Storage"))?;
    Ok((columns, parts))
}

/// Reads a batch.
///
/// # Errors
/// Returns what is wrong with the row, without content of the record.
pub(super) fn read_batch(row: &Row) -> Result<StoredBatch, String> {
    let (record, parts) = long_text::read(row, RECORD)?;
    let batch = serde_json::from_str(&record).map_err(|error| invalid(&error))?;
    Ok(StoredBatch { batch, version: Expected::version(parts, &row.etag) })
}

/// Record of a row of a batch.
#[derive(Serialize, Deserialize)]
struct RowRecord {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    user: String,
    shipment: ShipmentId,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    read: Vec<RowFinding>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    checked: Vec<RowFinding>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    changed: Option<RowChange>,
}

/// Returns the columns of a row of a batch, except those of its order.
pub(super) fn row_columns(batch: BatchId, row: &BatchRow) -> Result<Columns, StoreError> {
    let mut columns = columns([("state", row.state.as_str())]);
    for (name, severity) in [("errors", Severity::Error), ("warnings", Severity::Warning)] {
        let number = row.findings().filter(|finding| finding.severity == severity).count();
        columns.insert(name.to_owned(), Value::from(number));
    }
    let BatchRow { key, user, shipment, read, checked, changed, .. } = row.clone();
    let record = serde_json::to_string(&RowRecord { key, user, shipment, read, checked, changed })
        .map_err(|_| broken(batch, row.row, "it cannot be stored as JSON".to_owned()))?;
    put(&mut columns, RECORD, &record).ok_or_else(|| too_long(batch, row.row))?;
    Ok(columns)
}

/// Adds the columns of a sealed order.
pub(super) fn put_order(
    columns: &mut Columns,
    batch: BatchId,
    row: u32,
    key: &str,
    sealed: &[u8],
) -> Result<(), StoreError> {
    columns.insert(SEALING_KEY.to_owned(), Value::from(key));
    put(columns, ORDER, &BASE64_STANDARD_NO_PAD.encode(sealed)).ok_or_else(|| too_long(batch, row))
}

/// Adds the columns of a row without an order.
pub(super) fn put_no_order(columns: &mut Columns) {
    columns.insert(SEALING_KEY.to_owned(), Value::from(""));
    // An empty text fits into a row.
    let _ = put(columns, ORDER, "");
}

/// Returns the sealed order of a row, and the id of its key. `None`: it has no order.
pub(super) fn sealed(row: &Row) -> Option<(&str, Result<Vec<u8>, String>)> {
    let key = Some(row.text(SEALING_KEY)).filter(|key| !key.is_empty())?;
    let sealed = long_text::read(row, ORDER).and_then(|(text, _)| {
        BASE64_STANDARD_NO_PAD.decode(text).map_err(|_| "column `order` is not base64".to_owned())
    });
    Some((key, sealed))
}

/// Reads a row of a batch.
pub(super) fn read_row(batch: BatchId, row: &Row) -> Result<BatchRow, StoreError> {
    let number = layout::number(row.key());
    let failed = |reason: String| broken(batch, number.unwrap_or_default(), reason);
    let number = number.ok_or_else(|| failed("its key is not a number".to_owned()))?;
    let state = state(row).ok_or_else(|| failed("column `state` is not the state of a row".to_owned()))?;
    let (record, _) = long_text::read(row, RECORD).map_err(failed)?;
    let record = serde_json::from_str(&record).map_err(|error| failed(invalid(&error)))?;
    let RowRecord { key, user, shipment, read, checked, changed } = record;
    Ok(BatchRow { row: number, key, user, shipment, state, read, checked, changed })
}

/// Returns the state of a row of a batch.
pub(super) fn state(row: &Row) -> Option<RowState> {
    RowState::parse(row.text("state"))
}

/// Returns whether the row has findings of severity `error`, and of severity `warning`.
pub(super) fn has_findings(row: &Row) -> [bool; 2] {
    ["errors", "warnings"].map(|name| row.columns.get(name).and_then(Value::as_u64).is_some_and(|number| number > 0))
}

fn put(columns: &mut Columns, name: &str, text: &str) -> Option<()> {
    long_text::write(columns, name, text, PARTS).filter(|parts| *parts <= PARTS).map(drop)
}

fn broken(batch: BatchId, row: u32, reason: String) -> StoreError {
    StoreError::Broken { id: format!("row {row} of the batch {batch}"), reason }
}

fn too_long(batch: BatchId, row: u32) -> StoreError {
    broken(batch, row, "it exceeds the maximum size of a row in Table Storage".to_owned())
}

/// The text of the error may contain values.
fn invalid(error: &serde_json::Error) -> String {
    format!("its record is not valid JSON at line {}", error.line())
}
