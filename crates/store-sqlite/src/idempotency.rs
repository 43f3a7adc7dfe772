//! Idempotency keys.

use async_trait::async_trait;
use keyferry_domain::ports::{IdempotencyRecord, IdempotencyStore, Reservation, StoreError};
use keyferry_domain::{CallerId, ShipmentId, Timestamp};
use rusqlite::{Transaction, TransactionBehavior, params};

use crate::store::{SqliteStore, unavailable};
use crate::time;

#[async_trait]
impl IdempotencyStore for SqliteStore {
    async fn reserve(&self, record: &IdempotencyRecord) -> Result<Reservation, StoreError> {
        let record = record.clone();
        self.run(move |connection, _| {
            let transaction =
                connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(unavailable)?;
            let made = transaction
                .execute(
                    "INSERT INTO idempotency_keys (caller, \"key\", body_hash, shipment, created_at)
                     VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (caller, \"key\") DO NOTHING",
                    params![
                        record.caller.as_str(),
                        record.key,
                        record.body_hash,
                        record.shipment.to_string(),
                        time::text(record.at),
                    ],
                )
                .map_err(unavailable)?;
            let reservation = match made {
                0 => Reservation::Taken(taken(&transaction, record.caller, record.key)?),
                _ => Reservation::Made,
            };
            transaction.commit().map_err(unavailable)?;
            Ok(reservation)
        })
        .await
    }

    async fn take_over(&self, from: ShipmentId, to: &IdempotencyRecord) -> Result<bool, StoreError> {
        let to = to.clone();
        self.run(move |connection, _| {
            let changed = connection.execute(
                "UPDATE idempotency_keys SET body_hash = ?4, shipment = ?5, created_at = ?6
                 WHERE caller = ?1 AND \"key\" = ?2 AND shipment = ?3",
                params![
                    to.caller.as_str(),
                    to.key,
                    from.to_string(),
                    to.body_hash,
                    to.shipment.to_string(),
                    time::text(to.at),
                ],
            );
            Ok(changed.map_err(unavailable)? > 0)
        })
        .await
    }

    async fn release(&self, shipment: ShipmentId) -> Result<(), StoreError> {
        self.run(move |connection, _| {
            connection
                .execute("DELETE FROM idempotency_keys WHERE shipment = ?1", params![shipment.to_string()])
                .map_err(unavailable)?;
            Ok(())
        })
        .await
    }

    async fn sweep(&self, before: Timestamp) -> Result<u64, StoreError> {
        self.run(move |connection, _| {
            let swept = connection
                .execute("DELETE FROM idempotency_keys WHERE created_at < ?1", params![time::text(before)])
                .map_err(unavailable)?;
            Ok(swept as u64)
        })
        .await
    }
}

fn taken(transaction: &Transaction<'_>, caller: CallerId, key: String) -> Result<IdempotencyRecord, StoreError> {
    let (body_hash, shipment, at): (String, String, String) = transaction
        .query_row(
            "SELECT body_hash, shipment, created_at FROM idempotency_keys WHERE caller = ?1 AND \"key\" = ?2",
            params![caller.as_str(), key],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
        )
        .map_err(unavailable)?;
    match (ShipmentId::parse(&shipment), time::parse(&at)) {
        (Some(shipment), Some(at)) => Ok(IdempotencyRecord { caller, key, body_hash, shipment, at }),
        _ => Err(StoreError::Broken {
            id: format!("an idempotency key of caller {caller}"),
            reason: "column `shipment` is not an id, or column `created_at` is not a time".into(),
        }),
    }
}
