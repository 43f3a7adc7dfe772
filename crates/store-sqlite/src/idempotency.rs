//! Idempotency keys.

use async_trait::async_trait;
use keyferry_domain::ports::{IdempotencyRecord, IdempotencyStore, Reservation, StoreError};
use keyferry_domain::{CallerId, ShipmentId, Timestamp};
use rusqlite::{Transaction, params};

use crate::failure::Failure;
use crate::store::SqliteStore;
use crate::time;

#[async_trait]
impl IdempotencyStore for SqliteStore {
    async fn reserve(&self, record: &IdempotencyRecord) -> Result<Reservation, StoreError> {
        let record = record.clone();
        self.write("reserve an idempotency key", move |transaction, _| {
            let made = transaction
                .prepare_cached(
                    "INSERT INTO idempotency_keys (caller, \"key\", body_hash, shipment, created_at)
                     VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (caller, \"key\") DO NOTHING",
                )?
                .execute(params![
                    record.caller.as_str(),
                    record.key,
                    record.body_hash,
                    record.shipment.to_string(),
                    time::text(record.at),
                ])?;
            Ok(match made {
                0 => Reservation::Taken(taken(transaction, record.caller, record.key)?),
                _ => Reservation::Made,
            })
        })
        .await
    }

    async fn take_over(&self, from: ShipmentId, to: &IdempotencyRecord) -> Result<bool, StoreError> {
        let to = to.clone();
        self.write("transfer an idempotency key", move |transaction, _| {
            let changed = transaction
                .prepare_cached(
                    "UPDATE idempotency_keys SET body_hash = ?4, shipment = ?5, created_at = ?6
                 WHERE caller = ?1 AND \"key\" = ?2 AND shipment = ?3",
                )?
                .execute(params![
                    to.caller.as_str(),
                    to.key,
                    from.to_string(),
                    to.body_hash,
                    to.shipment.to_string(),
                    time::text(to.at),
                ])?;
            Ok(changed > 0)
        })
        .await
    }

    async fn release(&self, shipment: ShipmentId) -> Result<(), StoreError> {
        self.write("release an idempotency key", move |transaction, _| {
            transaction
                .prepare_cached("DELETE FROM idempotency_keys WHERE shipment = ?1")?
                .execute(params![shipment.to_string()])?;
            Ok(())
        })
        .await
    }

    async fn sweep(&self, before: Timestamp) -> Result<u64, StoreError> {
        self.write("delete expired idempotency keys", move |transaction, _| {
            let swept = transaction
                .prepare_cached("DELETE FROM idempotency_keys WHERE created_at < ?1")?
                .execute(params![time::text(before)])?;
            Ok(swept as u64)
        })
        .await
    }
}

fn taken(transaction: &Transaction<'_>, caller: CallerId, key: String) -> Result<IdempotencyRecord, Failure> {
    let (body_hash, shipment, at): (String, String, String) = transaction.query_row(
        "SELECT body_hash, shipment, created_at FROM idempotency_keys WHERE caller = ?1 AND \"key\" = ?2",
        params![caller.as_str(), key],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
    )?;
    match (ShipmentId::parse(&shipment), time::parse(&at)) {
        (Some(shipment), Some(at)) => Ok(IdempotencyRecord { caller, key, body_hash, shipment, at }),
        _ => Err(Failure::Store(StoreError::Broken {
            id: format!("an idempotency key of caller {caller}"),
            reason: "column `shipment` is not an id, or column `created_at` is not a time".into(),
        })),
    }
}
