//! Operations of the shipment store, and claims.

use std::collections::BTreeSet;

use async_trait::async_trait;
use keyferry_domain::ports::{
    Claim, ClaimChange, Counts, Cursor, EventChain, EventCursor, EventFilter, OpenCounts, Page, RecordColumns,
    RecordedEvent, ShipmentFilter, ShipmentSort, ShipmentStore, StoreError, Stored, Summary, Version,
};
use keyferry_domain::{Change, DeliveryId, Event, ShipmentId, Term, Timestamp};
use rusqlite::{Connection, OptionalExtension as _, Params, Transaction, named_params, params};

use crate::failure::Failure;
use crate::row::{self, COLUMNS, Expected};
use crate::store::{Context, SqliteStore};
use crate::{damage, events, query, time};

#[async_trait]
impl ShipmentStore for SqliteStore {
    async fn insert(&self, change: &Change) -> Result<Version, StoreError> {
        const INSERT: &str =
            "INSERT INTO fprshipments (id, shipmentId, shipmentState, phase, error_kind, error_message,
                obstacle_class, obstacle_code, user_id, object_id, serial, tracking_number, requested_by, needs_human,
                batch, product_id, reference, country, not_before, needed_by, created_at, updated_at, deadline,
                next_attempt, version, record)
            VALUES (:id, :shipmentId, :state, :phase, :error_kind, :error_message,
                :obstacle_class, :obstacle_code, :user_id, :object_id, :serial, :tracking_number, :requested_by,
                :needs_human, :batch, :product_id, :reference, :country, :not_before, :needed_by, :created_at,
                :updated_at, :deadline, :next_attempt, 1, :record)
            ON CONFLICT (id) DO NOTHING";
        let (columns, change) = (RecordColumns::of(change.shipment())?, change.clone());
        self.write(format!("store the record of {}", columns.id), move |transaction, context| {
            if put(transaction, context, INSERT, &columns)? == 0 {
                return Err(StoreError::Exists(format!("the record of {}", columns.id)).into());
            }
            write_terms(transaction, &columns)?;
            events::write(transaction, context, &change)?;
            Ok(Expected::version(1, columns.state))
        })
        .await
    }

    async fn get(&self, id: ShipmentId) -> Result<Option<Stored>, StoreError> {
        self.read(format!("read the record of {id}"), move |connection, context| {
            let query = format!("SELECT {COLUMNS} FROM fprshipments WHERE id = ?1");
            one(connection, context, &query, params![id.to_string()])
        })
        .await
    }

    async fn find(&self, id: &DeliveryId) -> Result<Option<Stored>, StoreError> {
        let term = Term::delivery_id(id);
        self.read(format!("find the shipment {id}"), move |connection, context| {
            let query = format!(
                "SELECT {COLUMNS} FROM fprshipments
                 WHERE id IN (SELECT shipment FROM terms WHERE term = ?1) ORDER BY id LIMIT 1"
            );
            one(connection, context, &query, params![term.as_str()])
        })
        .await
    }

    async fn commit(&self, change: &Change, expected: &Version) -> Result<Version, StoreError> {
        self.replace(change, expected, None).await
    }

    async fn commit_and_claim(
        &self,
        change: &Change,
        expected: &Version,
        claim: &ClaimChange,
    ) -> Result<Version, StoreError> {
        self.replace(change, expected, Some(claim)).await
    }

    async fn query(
        &self,
        filter: &ShipmentFilter,
        sort: ShipmentSort,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<Summary>, StoreError> {
        let (filter, after) = (filter.clone(), after.cloned());
        let action = query::action(after.as_ref());
        self.read(action, move |connection, _| query::page(connection, &filter, sort, after.as_ref(), limit)).await
    }

    async fn counts(&self, filter: &ShipmentFilter) -> Result<Counts, StoreError> {
        let filter = filter.clone();
        self.read("count shipments", move |connection, _| query::counts(connection, &filter)).await
    }

    async fn events(&self, id: ShipmentId, after: u32, limit: u32) -> Result<Vec<Event>, StoreError> {
        let action = format!("read the events of {id} after number {after}");
        self.read(action, move |connection, _| events::of(connection, id, after, limit)).await
    }

    async fn append_event(&self, event: &Event) -> Result<(), StoreError> {
        let event = event.clone();
        let action = format!("store event {} of the organisation", event.seq);
        self.write(action, move |transaction, context| events::append(transaction, context, &event)).await
    }

    async fn events_after(&self, cursor: &EventCursor, limit: u32) -> Result<Vec<RecordedEvent>, StoreError> {
        let cursor = cursor.clone();
        let action = format!("read the events after position `{}`", cursor.0);
        self.read(action, move |connection, _| events::all(connection, &cursor, limit)).await
    }

    async fn events_before(
        &self,
        before: Option<&Cursor>,
        filter: &EventFilter,
        limit: u32,
    ) -> Result<Page<RecordedEvent>, StoreError> {
        let (before, filter) = (before.cloned(), filter.clone());
        self.read("read the newest events", move |connection, _| {
            events::before(connection, before.as_ref(), &filter, limit)
        })
        .await
    }

    async fn newest_event(&self) -> Result<EventCursor, StoreError> {
        self.read("find the newest event", |connection, _| events::newest(connection)).await
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
        self.write_claim(format!("claim the record of {id}"), move |transaction, _| {
            let mut statement = transaction.prepare_cached(
                "UPDATE fprshipments SET claim_holder = ?4, claim_until = ?5, version = version + 1
                 WHERE id = ?1 AND version = ?2 AND shipmentState = ?3
                   AND (claim_holder IS NULL OR claim_holder = ?4 OR claim_until IS NULL OR claim_until <= ?6
                        OR claim_until > ?7)",
            )?;
            let claimed = statement.execute(params![
                id.to_string(),
                expected.counter,
                expected.state,
                claim.holder,
                time::text(claim.until),
                time::text(now),
                time::text(claim.latest_valid()),
            ])?;
            if claimed == 0 {
                return Err(StoreError::Conflict(id.to_string()).into());
            }
            Ok(Expected::version(expected.counter + 1, &expected.state))
        })
        .await
    }

    async fn release(&self, id: ShipmentId, holder: &str) -> Result<(), StoreError> {
        let holder = holder.to_owned();
        self.write_claim(format!("release the claim on {id}"), move |transaction, _| {
            let mut statement = transaction.prepare_cached(
                "UPDATE fprshipments SET claim_holder = NULL, claim_until = NULL, version = version + 1
                 WHERE id = ?1 AND claim_holder = ?2",
            )?;
            statement.execute(params![id.to_string(), holder])?;
            Ok(())
        })
        .await
    }

    async fn delete(&self, id: ShipmentId, expected: &Version) -> Result<(), StoreError> {
        let id = id.to_string();
        let expected = Expected::parse(expected).ok_or_else(|| StoreError::Conflict(id.clone()))?;
        self.write(format!("delete the record of {id}"), move |transaction, context| {
            expect(transaction, &id, &expected)?;
            transaction.prepare_cached("DELETE FROM fprshipments WHERE id = ?1")?.execute([&id])?;
            transaction.prepare_cached("DELETE FROM terms WHERE shipment = ?1")?.execute([&id])?;
            events::delete(transaction, context, &id)
        })
        .await
    }

    async fn prove_write(&self) -> Result<(), StoreError> {
        /// About the size of an order's rows. A disk with space for less must not pass.
        const PADDING: usize = 32 * 1024;
        self.write_first("write a probe", |transaction, context| {
            transaction
                .prepare_cached(
                    "INSERT OR REPLACE INTO write_probe (id, written_at, padding) VALUES (1, ?1, zeroblob(?2))",
                )?
                .execute(params![time::text(context.clock.now()), PADDING as i64])?;
            Ok(())
        })
        .await
    }

    async fn find_damage(&self) -> Result<Vec<String>, StoreError> {
        self.read("check the database", |connection, _| damage::find(connection)).await
    }

    async fn open_counts(&self) -> Result<Option<OpenCounts>, StoreError> {
        self.read("count open shipments", |connection, _| damage::open_counts(connection).map(Some)).await
    }

    async fn verify_events(&self) -> Result<Option<EventChain>, StoreError> {
        keyferry_evidence::report(self).await.map(Some)
    }

    async fn tidy(&self) -> Result<(), StoreError> {
        self.compact().await
    }
}

impl SqliteStore {
    /// Replaces the record, and changes its claim, in one transaction.
    async fn replace(
        &self,
        change: &Change,
        expected: &Version,
        claim: Option<&ClaimChange>,
    ) -> Result<Version, StoreError> {
        const UPDATE: &str = "UPDATE fprshipments SET shipmentId = :shipmentId, shipmentState = :state, phase = :phase,
                error_kind = :error_kind, error_message = :error_message, obstacle_class = :obstacle_class,
                obstacle_code = :obstacle_code, user_id = :user_id, object_id = :object_id, serial = :serial,
                tracking_number = :tracking_number, requested_by = :requested_by, needs_human = :needs_human,
                batch = :batch, product_id = :product_id, reference = :reference, country = :country,
                not_before = :not_before, needed_by = :needed_by,
                created_at = :created_at, updated_at = :updated_at, deadline = :deadline, next_attempt = :next_attempt,
                record = :record, version = version + 1
            WHERE id = :id";
        let (columns, change, claim) = (RecordColumns::of(change.shipment())?, change.clone(), claim.cloned());
        let expected = Expected::parse(expected).ok_or_else(|| StoreError::Conflict(columns.id.clone()))?;
        self.write_first(format!("store the record of {}", columns.id), move |transaction, context| {
            expect(transaction, &columns.id, &expected)?;
            put(transaction, context, UPDATE, &columns)?;
            write_terms(transaction, &columns)?;
            events::write(transaction, context, &change)?;
            match &claim {
                None => {}
                Some(ClaimChange::Take(claim, now)) => take_claim(transaction, &columns.id, claim, *now)?,
                Some(ClaimChange::Release(holder)) => release_claim(transaction, &columns.id, holder)?,
            }
            Ok(Expected::version(expected.counter + 1, columns.state))
        })
        .await
    }
}

/// Sets the claim, unless another one is valid.
fn take_claim(transaction: &Transaction<'_>, id: &str, claim: &Claim, now: Timestamp) -> Result<(), Failure> {
    let mut statement = transaction.prepare_cached(
        "UPDATE fprshipments SET claim_holder = ?2, claim_until = ?3
         WHERE id = ?1 AND (claim_holder IS NULL OR claim_holder = ?2 OR claim_until IS NULL OR claim_until <= ?4
                OR claim_until > ?5)",
    )?;
    let (until, latest) = (time::text(claim.until), time::text(claim.latest_valid()));
    match statement.execute(params![id, claim.holder, until, time::text(now), latest])? {
        0 => Err(StoreError::Conflict(id.to_owned()).into()),
        _ => Ok(()),
    }
}

/// Empties the claim if this holder has it.
fn release_claim(transaction: &Transaction<'_>, id: &str, holder: &str) -> Result<(), Failure> {
    let mut statement = transaction.prepare_cached(
        "UPDATE fprshipments SET claim_holder = NULL, claim_until = NULL WHERE id = ?1 AND claim_holder = ?2",
    )?;
    statement.execute(params![id, holder])?;
    Ok(())
}

/// Executes a statement with the columns as named parameters, and returns the number of changed rows.
fn put(
    transaction: &Transaction<'_>,
    context: &Context,
    statement: &str,
    columns: &RecordColumns,
) -> Result<usize, Failure> {
    let mut statement = transaction.prepare_cached(statement)?;
    Ok(statement.execute(named_params! {
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
        ":tracking_number": columns.tracking_number,
        ":requested_by": columns.requested_by,
        ":needs_human": columns.needs_human,
        ":batch": columns.batch,
        ":product_id": columns.product_id,
        ":reference": columns.reference,
        ":country": columns.country,
        ":not_before": columns.not_before,
        ":needed_by": columns.needed_by,
        ":created_at": time::text(columns.created_at),
        ":updated_at": time::text(context.clock.now()),
        ":deadline": columns.deadline.map(time::text),
        ":next_attempt": columns.next_attempt.map(time::text),
        ":record": columns.record,
    })?)
}

/// Replaces the shipment's search terms by those of the record. Most changes change none of them.
fn write_terms(transaction: &Transaction<'_>, columns: &RecordColumns) -> Result<(), Failure> {
    let mut select = transaction.prepare_cached("SELECT term FROM terms WHERE shipment = ?1")?;
    let stored: BTreeSet<String> =
        select.query_map([&columns.id], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    let wanted: BTreeSet<&str> = columns.terms.iter().map(Term::as_str).collect();
    let mut delete = transaction.prepare_cached("DELETE FROM terms WHERE term = ?1 AND shipment = ?2")?;
    for term in stored.iter().filter(|term| !wanted.contains(term.as_str())) {
        delete.execute(params![term, columns.id])?;
    }
    let mut insert = transaction.prepare_cached("INSERT INTO terms (term, shipment) VALUES (?1, ?2)")?;
    for term in wanted.iter().filter(|term| !stored.contains(**term)) {
        insert.execute(params![term, columns.id])?;
    }
    Ok(())
}

/// Fails with a conflict if the row has changed since it was read.
fn expect(transaction: &Transaction<'_>, id: &str, expected: &Expected) -> Result<(), Failure> {
    let query = "SELECT count(*) FROM fprshipments WHERE id = ?1 AND version = ?2 AND shipmentState = ?3";
    let mut statement = transaction.prepare_cached(query)?;
    let found: i64 = statement.query_row(params![id, expected.counter, expected.state], |row| row.get(0))?;
    if found == 1 { Ok(()) } else { Err(StoreError::Conflict(id.to_owned()).into()) }
}

fn one(
    connection: &Connection,
    context: &Context,
    query: &str,
    params: impl Params,
) -> Result<Option<Stored>, Failure> {
    let mut statement = connection.prepare_cached(query)?;
    let found = statement.query_row(params, |row| row::read(row, context.clock.now())).optional()?;
    let read = |(id, stored): (String, Result<_, _>)| stored.map_err(|reason| StoreError::Broken { id, reason });
    Ok(found.map(read).transpose()?)
}
