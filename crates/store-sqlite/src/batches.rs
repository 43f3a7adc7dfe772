//! Batches of orders and their rows.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use keyferry_domain::ports::{Cursor, Page, RowFilter, StoreError, StoredBatch, Version};
use keyferry_domain::{
    Batch, BatchId, BatchRow, BatchStateName, BatchStore, NewRow, RowChange, RowCounts, RowFinding, RowState,
    SecretBytes, Severity, ShipmentId,
};
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde::{Deserialize, Serialize};

use crate::failure::Failure;
use crate::seal::{Keyring, current_key, unavailable};
use crate::store::SqliteStore;

/// Purpose that binds a sealed order to its row and to its shipment.
pub(crate) fn row_purpose(batch: &str, row: u32, shipment: ShipmentId) -> String {
    format!("keyferry batch row 1 {batch} {row} {shipment}")
}

/// Columns of a row that are read with it, as JSON.
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

impl From<&BatchRow> for RowRecord {
    fn from(row: &BatchRow) -> Self {
        let BatchRow { key, user, shipment, read, checked, changed, .. } = row.clone();
        Self { key, user, shipment, read, checked, changed }
    }
}

#[async_trait]
impl BatchStore for SqliteStore {
    async fn insert_batch(&self, batch: &Batch) -> Result<Version, StoreError> {
        let (id, state, text) = columns(batch)?;
        self.write(format!("store the batch {id}"), move |transaction, _| {
            let inserted = transaction.execute(
                "INSERT INTO batches (id, state, version, batch) VALUES (?1, ?2, 1, ?3) ON CONFLICT (id) DO NOTHING",
                params![id, state, text],
            )?;
            match inserted {
                0 => Err(StoreError::Exists(format!("the batch {id}")).into()),
                _ => Ok(version(1)),
            }
        })
        .await
    }

    async fn batch(&self, id: BatchId) -> Result<Option<StoredBatch>, StoreError> {
        let id = id.to_string();
        self.read(format!("read the batch {id}"), move |connection, _| {
            let found: Option<(i64, String)> = connection
                .query_row("SELECT version, batch FROM batches WHERE id = ?1", [&id], |row| {
                    Ok((row.get(0)?, row.get(1)?))
                })
                .optional()?;
            Ok(found.map(|(at, text)| stored(&id, at, &text)).transpose()?)
        })
        .await
    }

    async fn commit_batch(&self, batch: &Batch, expected: &Version) -> Result<Version, StoreError> {
        let (id, state, text) = columns(batch)?;
        let expected: i64 = expected.0.parse().map_err(|_| StoreError::Conflict(format!("the batch {id}")))?;
        self.write(format!("change the batch {id}"), move |transaction, _| {
            let changed = transaction.execute(
                "UPDATE batches SET state = ?2, version = version + 1, batch = ?3 WHERE id = ?1 AND version = ?4",
                params![id, state, text, expected],
            )?;
            match changed {
                0 => Err(StoreError::Conflict(format!("the batch {id}")).into()),
                _ => Ok(version(expected + 1)),
            }
        })
        .await
    }

    async fn batches(
        &self,
        states: &[BatchStateName],
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<StoredBatch>, StoreError> {
        // '~' sorts after every id.
        let after = match after {
            None => "~".to_owned(),
            Some(cursor) => BatchId::parse(&cursor.0).ok_or_else(broken_cursor)?.to_string(),
        };
        let states = serde_json::to_string(states).map_err(|error| broken("the filter", &error))?;
        self.read("list batches", move |connection, _| {
            let mut statement = connection.prepare_cached(
                "SELECT id, version, batch FROM batches
                 WHERE id < ?1 AND (?2 = '[]' OR state IN (SELECT value FROM json_each(?2)))
                 ORDER BY id DESC LIMIT ?3",
            )?;
            let rows: Vec<(String, i64, String)> = statement
                .query_map(params![after, states, limit], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
                .and_then(Iterator::collect)?;
            let next = rows.last().filter(|_| rows.len() == limit as usize).map(|(id, ..)| Cursor(id.clone()));
            let mut page = Page { next, ..Page::default() };
            for (id, at, text) in rows {
                match stored(&id, at, &text) {
                    Ok(batch) => page.items.push(batch),
                    Err(error) => page.broken.push((id, error.to_string())),
                }
            }
            Ok(page)
        })
        .await
    }

    async fn add_rows(&self, batch: BatchId, rows: &[NewRow]) -> Result<(), StoreError> {
        let batch = batch.to_string();
        let rows: Vec<_> = rows
            .iter()
            .map(|NewRow { row, order }| {
                (row.clone(), order.as_ref().map(|order| SecretBytes::new(order.expose().to_vec())))
            })
            .collect();
        self.write(format!("store rows of the batch {batch}"), move |transaction, context| {
            let key = current_key(transaction)?;
            let mut insert = transaction.prepare_cached(
                "INSERT INTO batch_rows (batch, \"row\", state, errors, warnings, record, sealing_key, sealed)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT DO NOTHING",
            )?;
            for (row, order) in &rows {
                let sealed = order.as_ref().map(|order| {
                    context.keyring.seal(&key, &row_purpose(&batch, row.row, row.shipment), order.expose())
                });
                let sealed = sealed.transpose().map_err(unavailable)?;
                let (state, errors, warnings, record) = row_columns(row)?;
                let key = sealed.as_ref().map(|_| &key);
                let inserted = insert.execute(params![batch, row.row, state, errors, warnings, record, key, sealed])?;
                if inserted == 0 {
                    return Err(StoreError::Exists(format!("row {} of the batch {batch}", row.row)).into());
                }
            }
            Ok(())
        })
        .await
    }

    async fn rows(
        &self,
        batch: BatchId,
        filter: &RowFilter,
        after: u32,
        limit: u32,
    ) -> Result<Vec<NewRow>, StoreError> {
        let (batch, filter) = (batch.to_string(), filter.clone());
        self.read(format!("read rows of the batch {batch}"), move |connection, context| {
            let states = serde_json::to_string(&filter.states).map_err(|error| broken("the filter", &error))?;
            let mut statement = connection.prepare_cached(
                "SELECT \"row\", state, record, sealing_key, sealed FROM batch_rows
                 WHERE batch = ?1 AND \"row\" > ?2 AND (?3 = '[]' OR state IN (SELECT value FROM json_each(?3)))
                   AND (NOT ?4 OR errors > 0 OR warnings > 0)
                 ORDER BY \"row\" LIMIT ?5",
            )?;
            let mut found = statement.query(params![batch, after, states, filter.with_findings, limit])?;
            let mut rows = Vec::new();
            while let Some(row) = found.next()? {
                rows.push(read_row(&batch, row, filter.orders.then_some(&context.keyring))?);
            }
            Ok(rows)
        })
        .await
    }

    async fn update_rows(&self, batch: BatchId, rows: &[BatchRow]) -> Result<(), StoreError> {
        let (batch, rows) = (batch.to_string(), rows.to_vec());
        let drops = rows.iter().any(|row| !row.state.needs_order());
        let action = format!("change rows of the batch {batch}");
        let change = move |transaction: &Connection| {
            let mut update = transaction.prepare_cached(
                "UPDATE batch_rows SET state = ?3, errors = ?4, warnings = ?5, record = ?6,
                    sealing_key = iif(?7, sealing_key, NULL), sealed = iif(?7, sealed, NULL)
                 WHERE batch = ?1 AND \"row\" = ?2",
            )?;
            for row in &rows {
                let (state, errors, warnings, record) = row_columns(row)?;
                let keeps = row.state.needs_order();
                update.execute(params![batch, row.row, state, errors, warnings, record, keeps])?;
            }
            Ok(())
        };
        if drops {
            return self.purge_rows(action, move |transaction, _| change(transaction).map(|()| 1)).await;
        }
        self.write(action, move |transaction, _| change(transaction)).await
    }

    async fn replace_row(&self, batch: BatchId, row: &NewRow) -> Result<bool, StoreError> {
        let batch = batch.to_string();
        let (row, order) = (row.row.clone(), row.order.as_ref().map(|order| order.expose().to_vec()));
        let order = order.map(SecretBytes::new);
        let replaced = Arc::new(AtomicBool::new(false));
        let result = replaced.clone();
        // The order before contained an address, too.
        self.purge_rows(format!("replace a row of the batch {batch}"), move |transaction, context| {
            let key = current_key(transaction)?;
            let purpose = row_purpose(&batch, row.row, row.shipment);
            let sealed = order.as_ref().map(|order| context.keyring.seal(&key, &purpose, order.expose()));
            let sealed = sealed.transpose().map_err(unavailable)?;
            let (state, errors, warnings, record) = row_columns(&row)?;
            let key = sealed.as_ref().map(|_| &key);
            let changed = transaction.execute(
                "UPDATE batch_rows SET state = ?3, errors = ?4, warnings = ?5, record = ?6, sealing_key = ?7,
                    sealed = ?8
                 WHERE batch = ?1 AND \"row\" = ?2",
                params![batch, row.row, state, errors, warnings, record, key, sealed],
            )?;
            result.store(changed > 0, Ordering::Relaxed);
            Ok(changed)
        })
        .await?;
        Ok(replaced.load(Ordering::Relaxed))
    }

    async fn drop_orders(&self, batch: BatchId) -> Result<(), StoreError> {
        let batch = batch.to_string();
        self.purge_rows(format!("delete orders of the batch {batch}"), move |transaction, _| {
            Ok(transaction.execute(
                "UPDATE batch_rows SET sealing_key = NULL, sealed = NULL
                 WHERE batch = ?1 AND state <> ?2 AND sealed IS NOT NULL",
                params![batch, RowState::Ready.as_str()],
            )?)
        })
        .await
    }

    async fn row_counts(&self, batch: BatchId) -> Result<RowCounts, StoreError> {
        let batch = batch.to_string();
        self.read(format!("count rows of the batch {batch}"), move |connection, _| {
            let mut statement = connection.prepare_cached(
                "SELECT state, count(*), sum(errors > 0), sum(warnings > 0) FROM batch_rows WHERE batch = ?1
                 GROUP BY state",
            )?;
            let mut counts = RowCounts::default();
            let mut rows = statement.query([&batch])?;
            while let Some(row) = rows.next()? {
                let (state, count, errors, warnings): (String, u32, u32, u32) =
                    (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
                counts.states.insert(state_of(&batch, &state)?, count);
                counts.errors += errors;
                counts.warnings += warnings;
            }
            Ok(counts)
        })
        .await
    }

    async fn delete_batch(&self, id: BatchId) -> Result<(), StoreError> {
        let id = id.to_string();
        self.purge_rows(format!("delete the batch {id}"), move |transaction, _| {
            let rows = transaction.execute("DELETE FROM batch_rows WHERE batch = ?1", [&id])?;
            transaction.execute("DELETE FROM batches WHERE id = ?1", [&id])?;
            Ok(rows)
        })
        .await
    }
}

fn version(version: i64) -> Version {
    Version(version.to_string())
}

fn broken(id: &str, error: &serde_json::Error) -> StoreError {
    // The text of the error may contain values.
    StoreError::Broken { id: id.to_owned(), reason: format!("it is not valid JSON at line {}", error.line()) }
}

fn broken_cursor() -> StoreError {
    StoreError::Broken { id: "the cursor".to_owned(), reason: "it is not the id of a batch".to_owned() }
}

fn columns(batch: &Batch) -> Result<(String, &'static str, String), StoreError> {
    let id = batch.id.to_string();
    let text = serde_json::to_string(batch).map_err(|error| broken(&id, &error))?;
    Ok((id, batch.state.name().as_str(), text))
}

fn stored(id: &str, at: i64, text: &str) -> Result<StoredBatch, StoreError> {
    let batch = serde_json::from_str(text).map_err(|error| broken(&format!("the batch {id}"), &error))?;
    Ok(StoredBatch { batch, version: version(at) })
}

fn row_columns(row: &BatchRow) -> Result<(&'static str, i64, i64, String), StoreError> {
    let number = |severity| row.findings().filter(|finding| finding.severity == severity).count() as i64;
    let record = serde_json::to_string(&RowRecord::from(row)).map_err(|error| broken("the row", &error))?;
    Ok((row.state.as_str(), number(Severity::Error), number(Severity::Warning), record))
}

fn state_of(batch: &str, state: &str) -> Result<RowState, StoreError> {
    let reason = || StoreError::Broken {
        id: format!("the batch {batch}"),
        reason: format!("\"{state}\" is not the state of a row"),
    };
    RowState::parse(state).ok_or_else(reason)
}

/// Reads a row. Opens its order with the keyring, if there is one.
fn read_row(batch: &str, row: &Row<'_>, keyring: Option<&Keyring>) -> Result<NewRow, Failure> {
    let (number, state, record): (u32, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
    let id = || format!("row {number} of the batch {batch}");
    let record: RowRecord = serde_json::from_str(&record).map_err(|error| broken(&id(), &error))?;
    let sealed: Option<(String, Vec<u8>)> = match keyring {
        Some(_) => row.get::<_, Option<String>>(3)?.zip(row.get::<_, Option<Vec<u8>>>(4)?),
        None => None,
    };
    let order = match sealed.zip(keyring) {
        Some(((key, sealed), keyring)) => {
            // A key file that cannot be read at the moment is not the fault of the row.
            keyring.has(&key).map_err(unavailable)?;
            let order = keyring.open(&key, &row_purpose(batch, number, record.shipment), &sealed).ok();
            if order.is_none() {
                tracing::error!(
                    batch,
                    row = number,
                    key,
                    reason = "its key is not in the key file, or it was changed since",
                    "could not open order of batch row"
                );
            }
            order
        }
        None => None,
    };
    let RowRecord { key, user, shipment, read, checked, changed } = record;
    let row = BatchRow { row: number, key, user, shipment, state: state_of(batch, &state)?, read, checked, changed };
    Ok(NewRow { row, order })
}
