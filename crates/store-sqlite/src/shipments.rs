//! Operations of the shipment store, and claims.

use async_trait::async_trait;
use keyferry_domain::ports::{
    Claim, Counts, Cursor, EventCursor, Page, RecordColumns, RecordedEvent, ShipmentFilter, ShipmentSort,
    ShipmentStore, StoreError, Stored, Summary, Version,
};
use keyferry_domain::{Change, DeliveryId, Event, ShipmentId, Term, Timestamp};
use rusqlite::{Connection, OptionalExtension as _, Params, Transaction, TransactionBehavior, named_params, params};

use crate::row::{self, COLUMNS, Expected};
use crate::store::{Inner, SqliteStore, unavailable};
use crate::{events, query, time};

#[async_trait]
impl ShipmentStore for SqliteStore {
    async fn insert(&self, change: &Change) -> Result<Version, StoreError> {
        const INSERT: &str =
            "INSERT INTO fprshipments (id, shipmentId, shipmentState, phase, error_kind, error_message,
                obstacle_class, obstacle_code, user_id, object_id, serial, batch, product_id, created_at, updated_at,
                deadline, next_attempt, version, record)
            VALUES (:id, :shipmentId, :state, :phase, :error_kind, :error_message,
                :obstacle_class, :obstacle_code, :user_id, :object_id, :serial, :batch, :product_id, :created_at,
                :updated_at, :deadline, :next_attempt, 1, :record)
            ON CONFLICT (id) DO NOTHING";
        let (columns, change) = (RecordColumns::of(change.shipment())?, change.clone());
        self.transact(move |transaction, inner| {
            if put(transaction, inner, INSERT, &columns)? == 0 {
                return Err(StoreError::Exists(format!("the record of {}", columns.id)));
            }
            write_terms(transaction, &columns)?;
            events::write(transaction, &change)?;
            Ok(Expected::version(1, columns.state))
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

    async fn find(&self, id: &DeliveryId) -> Result<Option<Stored>, StoreError> {
        let term = Term::delivery_id(id);
        self.run(move |connection, inner| {
            let query = format!(
                "SELECT {COLUMNS} FROM fprshipments
                 WHERE id IN (SELECT shipment FROM terms WHERE term = ?1) ORDER BY id LIMIT 1"
            );
            one(connection, inner, &query, params![term.as_str()])
        })
        .await
    }

    async fn commit(&self, change: &Change, expected: &Version) -> Result<Version, StoreError> {
        const UPDATE: &str = "UPDATE fprshipments SET shipmentId = :shipmentId, shipmentState = :state, phase = :phase,
                error_kind = :error_kind, error_message = :error_message, obstacle_class = :obstacle_class,
                obstacle_code = :obstacle_code, user_id = :user_id, object_id = :object_id, serial = :serial,
                batch = :batch, product_id = :product_id,
                created_at = :created_at, updated_at = :updated_at, deadline = :deadline, next_attempt = :next_attempt,
                record = :record, version = version + 1
            WHERE id = :id";
        let (columns, change) = (RecordColumns::of(change.shipment())?, change.clone());
        let expected = Expected::parse(expected).ok_or_else(|| StoreError::Conflict(columns.id.clone()))?;
        self.transact(move |transaction, inner| {
            expect(transaction, &columns.id, &expected)?;
            put(transaction, inner, UPDATE, &columns)?;
            write_terms(transaction, &columns)?;
            events::write(transaction, &change)?;
            Ok(Expected::version(expected.counter + 1, columns.state))
        })
        .await
    }

    async fn query(
        &self,
        filter: &ShipmentFilter,
        sort: ShipmentSort,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<Summary>, StoreError> {
        let (filter, after) = (filter.clone(), after.cloned());
        self.run(move |connection, _| query::page(connection, &filter, sort, after.as_ref(), limit)).await
    }

    async fn counts(&self) -> Result<Counts, StoreError> {
        self.run(|connection, _| query::counts(connection)).await
    }

    async fn events(&self, id: ShipmentId, after: u32, limit: u32) -> Result<Vec<Event>, StoreError> {
        self.run(move |connection, _| events::of(connection, id, after, limit)).await
    }

    async fn events_after(&self, cursor: &EventCursor, limit: u32) -> Result<Vec<RecordedEvent>, StoreError> {
        let cursor = cursor.clone();
        self.run(move |connection, _| events::all(connection, &cursor, limit)).await
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
                   AND (claim_holder IS NULL OR claim_holder = ?4 OR claim_until IS NULL OR claim_until <= ?6
                        OR claim_until > ?7)",
                params![
                    id.to_string(),
                    expected.counter,
                    expected.state,
                    claim.holder,
                    time::text(claim.until),
                    time::text(now),
                    time::text(claim.latest_valid()),
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
        let id = id.to_string();
        let expected = Expected::parse(expected).ok_or_else(|| StoreError::Conflict(id.clone()))?;
        self.transact(move |transaction, _| {
            expect(transaction, &id, &expected)?;
            transaction.execute("DELETE FROM fprshipments WHERE id = ?1", [&id]).map_err(unavailable)?;
            transaction.execute("DELETE FROM terms WHERE shipment = ?1", [&id]).map_err(unavailable)?;
            events::delete(transaction, &id)
        })
        .await
    }

    async fn prove_write(&self) -> Result<(), StoreError> {
        self.run(|connection, _| {
            connection.query_row("SELECT count(*) FROM key_check", [], |_| Ok(())).map_err(unavailable)
        })
        .await
    }
}

impl SqliteStore {
    /// Runs the work in one transaction. The transaction is rolled back if the work fails.
    async fn transact<T, W>(&self, work: W) -> Result<T, StoreError>
    where
        T: Send + 'static,
        W: FnOnce(&Transaction<'_>, &Inner) -> Result<T, StoreError> + Send + 'static,
    {
        self.run(move |connection, inner| {
            // Immediate: a deferred transaction that reads first fails when it cannot upgrade to the write lock.
            let transaction =
                connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(unavailable)?;
            let done = work(&transaction, inner)?;
            transaction.commit().map_err(unavailable)?;
            Ok(done)
        })
        .await
    }
}

/// Executes a statement with the columns as named parameters, and returns the number of changed rows.
fn put(
    transaction: &Transaction<'_>,
    inner: &Inner,
    statement: &str,
    columns: &RecordColumns,
) -> Result<usize, StoreError> {
    let mut statement = transaction.prepare_cached(statement).map_err(unavailable)?;
    let written = statement.execute(named_params! {
        ":id": columns.id,
        ":shipmentId": columns.shipment_id,
        ":state": columns.state,
        ":phase": columns.phase,
        ":error_kind": columns.error_kind,
        ":error_message": columns.error_message,
        ":obstacle_class": columns.obstacle_class,
        ":obstacle_code": columns.obstacle_code,
        ":user_id": columns.user_id,
        ":object_id": columns.object_id,
        ":serial": columns.serial,
        ":batch": columns.batch,
        ":product_id": columns.product_id,
        ":created_at": time::text(columns.created_at),
        ":updated_at": time::text(inner.clock.now()),
        ":deadline": columns.deadline.map(time::text),
        ":next_attempt": columns.next_attempt.map(time::text),
        ":record": columns.record,
    });
    written.map_err(unavailable)
}

/// Replaces the shipment's search terms by those of the record.
fn write_terms(transaction: &Transaction<'_>, columns: &RecordColumns) -> Result<(), StoreError> {
    transaction.execute("DELETE FROM terms WHERE shipment = ?1", [&columns.id]).map_err(unavailable)?;
    let mut insert =
        transaction.prepare_cached("INSERT INTO terms (term, shipment) VALUES (?1, ?2)").map_err(unavailable)?;
    for term in &columns.terms {
        insert.execute(params![term.as_str(), columns.id]).map_err(unavailable)?;
    }
    Ok(())
}

/// Fails with a conflict if the row has changed since it was read.
fn expect(transaction: &Transaction<'_>, id: &str, expected: &Expected) -> Result<(), StoreError> {
    let query = "SELECT count(*) FROM fprshipments WHERE id = ?1 AND version = ?2 AND shipmentState = ?3";
    let mut statement = transaction.prepare_cached(query).map_err(unavailable)?;
    let found: i64 =
        statement.query_row(params![id, expected.counter, expected.state], |row| row.get(0)).map_err(unavailable)?;
    if found == 1 { Ok(()) } else { Err(StoreError::Conflict(id.to_owned())) }
}

fn one(connection: &Connection, inner: &Inner, query: &str, params: impl Params) -> Result<Option<Stored>, StoreError> {
    let mut statement = connection.prepare_cached(query).map_err(unavailable)?;
    let found = statement.query_row(params, |row| row::read(row, inner.clock.now())).optional().map_err(unavailable)?;
    found.map(|(id, stored)| stored.map_err(|reason| StoreError::Broken { id, reason })).transpose()
}

fn changed(rows: rusqlite::Result<usize>, id: String) -> Result<(), StoreError> {
    match rows.map_err(unavailable)? {
        0 => Err(StoreError::Conflict(id)),
        _ => Ok(()),
    }
}
