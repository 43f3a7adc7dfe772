//! Records of shipments.

use async_trait::async_trait;
use keyferry_domain::ports::{Claim, Cursor, Page, RecordColumns, ShipmentStore, StoreError, Stored, Version};
use keyferry_domain::{FulfilmentId, PhaseName, Shipment, ShipmentId, Timestamp};
use rusqlite::{Connection, OptionalExtension as _, Params, params};

use crate::row::{self, COLUMNS, Expected};
use crate::store::{Inner, SqliteStore, unavailable};
use crate::time;

/// The most rows in one page.
const PAGE: u32 = 1000;

#[async_trait]
impl ShipmentStore for SqliteStore {
    async fn insert(&self, shipment: &Shipment) -> Result<Version, StoreError> {
        let (columns, created_at) = (RecordColumns::of(shipment)?, time::text(shipment.created_at));
        self.run(move |connection, inner| {
            let inserted = connection.execute(
                "INSERT INTO fprshipments (id, shipmentId, shipmentState, phase, error_kind, error_message, user_id,
                                           created_at, updated_at, version, record)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 1, ?10)
                 ON CONFLICT (id) DO NOTHING",
                params![
                    columns.id,
                    columns.shipment_id,
                    columns.state,
                    columns.phase,
                    columns.error_kind,
                    columns.error_message,
                    columns.user_id,
                    created_at,
                    time::text(inner.clock.now()),
                    columns.record,
                ],
            );
            match inserted.map_err(unavailable)? {
                0 => Err(StoreError::Exists(format!("the record of {}", columns.id))),
                _ => Ok(Expected::version(1, columns.state)),
            }
        })
        .await
    }

    async fn get(&self, id: ShipmentId) -> Result<Option<Stored>, StoreError> {
        self.run(move |connection, inner| {
            let query = format!("SELECT {COLUMNS} FROM fprshipments WHERE id = ?1");
            one(connection, inner, &query, params![id.to_string()])
        })
        .await
    }

    async fn find(&self, id: &FulfilmentId) -> Result<Option<Stored>, StoreError> {
        let id = id.as_str().to_owned();
        self.run(move |connection, inner| {
            let query = format!("SELECT {COLUMNS} FROM fprshipments WHERE shipmentId = ?1 ORDER BY id LIMIT 1");
            one(connection, inner, &query, params![id])
        })
        .await
    }

    async fn list(&self, phases: &[PhaseName], after: Option<&Cursor>, limit: u32) -> Result<Page, StoreError> {
        let names: Vec<_> = phases.iter().map(|phase| phase.as_str()).collect();
        let phases = serde_json::Value::from(names).to_string();
        let after = after.map_or_else(String::new, |cursor| cursor.0.clone());
        let limit = limit.clamp(1, PAGE);
        self.run(move |connection, inner| page(connection, inner, &phases, &after, limit)).await
    }

    async fn replace(&self, shipment: &Shipment, expected: &Version) -> Result<Version, StoreError> {
        let columns = RecordColumns::of(shipment)?;
        let expected = Expected::parse(expected).ok_or_else(|| StoreError::Conflict(columns.id.clone()))?;
        self.run(move |connection, inner| {
            let replaced = connection.execute(
                "UPDATE fprshipments
                 SET shipmentId = ?4, shipmentState = ?5, phase = ?6, error_kind = ?7, error_message = ?8,
                     user_id = ?9, updated_at = ?10, record = ?11, version = version + 1
                 WHERE id = ?1 AND version = ?2 AND shipmentState = ?3",
                params![
                    columns.id,
                    expected.counter,
                    expected.state,
                    columns.shipment_id,
                    columns.state,
                    columns.phase,
                    columns.error_kind,
                    columns.error_message,
                    columns.user_id,
                    time::text(inner.clock.now()),
                    columns.record,
                ],
            );
            changed(replaced, columns.id)?;
            Ok(Expected::version(expected.counter + 1, columns.state))
        })
        .await
    }

    async fn claim(
        &self,
        id: ShipmentId,
        expected: &Version,
        claim: &Claim,
        now: Timestamp,
    ) -> Result<Version, StoreError> {
        let expected = Expected::parse(expected).ok_or_else(|| StoreError::Conflict(id.to_string()))?;
        let claim = claim.clone();
        self.run(move |connection, _| {
            let claimed = connection.execute(
                "UPDATE fprshipments SET claim_holder = ?4, claim_until = ?5, version = version + 1
                 WHERE id = ?1 AND version = ?2 AND shipmentState = ?3
                   AND (claim_holder IS NULL OR claim_holder = ?4 OR claim_until IS NULL OR claim_until <= ?6)",
                params![
                    id.to_string(),
                    expected.counter,
                    expected.state,
                    claim.holder,
                    time::text(claim.until),
                    time::text(now),
                ],
            );
            changed(claimed, id.to_string())?;
            Ok(Expected::version(expected.counter + 1, &expected.state))
        })
        .await
    }

    async fn release(&self, id: ShipmentId, holder: &str) -> Result<(), StoreError> {
        let holder = holder.to_owned();
        self.run(move |connection, _| {
            connection
                .execute(
                    "UPDATE fprshipments SET claim_holder = NULL, claim_until = NULL, version = version + 1
                     WHERE id = ?1 AND claim_holder = ?2",
                    params![id.to_string(), holder],
                )
                .map_err(unavailable)?;
            Ok(())
        })
        .await
    }

    async fn delete(&self, id: ShipmentId, expected: &Version) -> Result<(), StoreError> {
        let expected = Expected::parse(expected).ok_or_else(|| StoreError::Conflict(id.to_string()))?;
        self.run(move |connection, _| {
            let deleted = connection.execute(
                "DELETE FROM fprshipments WHERE id = ?1 AND version = ?2 AND shipmentState = ?3",
                params![id.to_string(), expected.counter, expected.state],
            );
            changed(deleted, id.to_string())
        })
        .await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.run(|connection, _| {
            connection.query_row("SELECT count(*) FROM key_check", [], |_| Ok(())).map_err(unavailable)
        })
        .await
    }
}

fn one(connection: &Connection, inner: &Inner, query: &str, params: impl Params) -> Result<Option<Stored>, StoreError> {
    let mut statement = connection.prepare_cached(query).map_err(unavailable)?;
    let found = statement.query_row(params, |row| row::read(row, inner.clock.now())).optional().map_err(unavailable)?;
    found.map(|(id, stored)| stored.map_err(|reason| StoreError::Broken { id, reason })).transpose()
}

/// Rows in the phases asked for, and those that a person set to complete, whatever their phase: they are listed until
/// the next `replace` makes it durable.
fn page(connection: &Connection, inner: &Inner, phases: &str, after: &str, limit: u32) -> Result<Page, StoreError> {
    let query = format!(
        "SELECT {COLUMNS} FROM fprshipments WHERE id IN (
             SELECT id FROM fprshipments WHERE phase IN (SELECT value FROM json_each(?1)) AND id > ?2
             UNION
             SELECT id FROM fprshipments WHERE shipmentState = 'complete' AND phase <> 'complete' AND id > ?2
             ORDER BY id LIMIT ?3)
         ORDER BY id"
    );
    let mut statement = connection.prepare_cached(&query).map_err(unavailable)?;
    let now = inner.clock.now();
    // One more than asked for tells whether it goes on.
    let rows = statement
        .query_map(params![phases, after, i64::from(limit) + 1], |row| row::read(row, now))
        .and_then(Iterator::collect::<rusqlite::Result<Vec<_>>>)
        .map_err(unavailable)?;
    let limit = limit as usize;
    let goes_on = rows.len() > limit;
    let mut page = Page::default();
    for (id, stored) in rows.into_iter().take(limit) {
        if goes_on {
            page.next = Some(Cursor(id.clone()));
        }
        match stored {
            Ok(stored) => page.items.push(stored),
            Err(reason) => page.broken.push((id, reason)),
        }
    }
    Ok(page)
}

fn changed(rows: rusqlite::Result<usize>, id: String) -> Result<(), StoreError> {
    match rows.map_err(unavailable)? {
        0 => Err(StoreError::Conflict(id)),
        _ => Ok(()),
    }
}
