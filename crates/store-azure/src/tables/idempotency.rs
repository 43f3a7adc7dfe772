//! Idempotency keys.

use async_trait::async_trait;
use futures::future::try_join_all;
use keyferry_domain::ports::{IdempotencyRecord, IdempotencyStore, Reservation, StoreError};
use keyferry_domain::{CallerId, ShipmentId, Timestamp};

use super::columns::{Columns, Row, columns};
use super::key::{hashed, quoted};
use super::{TableStore, partition, row};

/// Number of concurrent deletions.
const CONCURRENCY: usize = 8;

/// How often reserving a key is tried. The key may be released between the insert and the read.
const MAX_TRIES: usize = 3;

#[async_trait]
impl IdempotencyStore for TableStore {
    async fn reserve(&self, record: &IdempotencyRecord) -> Result<Reservation, StoreError> {
        let key = row_key(record);
        for _ in 0..MAX_TRIES {
            match self.insert_row(partition::IDEMPOTENCY, &key, to_columns(record)).await {
                Ok(_) => return Ok(Reservation::Made),
                Err(StoreError::Exists(_)) => {}
                Err(error) => return Err(error),
            }
            if let Some(row) = self.service.row(partition::IDEMPOTENCY, &key).await? {
                return read(&row).map(Reservation::Taken);
            }
        }
        Err(StoreError::Unavailable("an idempotency key is repeatedly reserved and released".into()))
    }

    async fn take_over(&self, from: ShipmentId, to: &IdempotencyRecord) -> Result<bool, StoreError> {
        let key = row_key(to);
        let Some(row) = self.service.row(partition::IDEMPOTENCY, &key).await? else { return Ok(false) };
        if row.text("shipment") != from.to_string() {
            return Ok(false);
        }
        match self.merge_row(partition::IDEMPOTENCY, &key, &row.etag, to_columns(to)).await {
            Ok(_) => Ok(true),
            Err(StoreError::Conflict(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }

    async fn release(&self, shipment: ShipmentId) -> Result<(), StoreError> {
        self.delete_where(&format!("shipment eq {}", quoted(&shipment.to_string()))).await.map(drop)
    }

    async fn sweep(&self, before: Timestamp) -> Result<u64, StoreError> {
        self.delete_where(&format!("created_at lt {}", quoted(&row::time_text(before)))).await
    }
}

impl TableStore {
    /// Deletes the keys that match the filter, unless another shipment took them over since. Returns their number.
    async fn delete_where(&self, filter: &str) -> Result<u64, StoreError> {
        let filter = format!("PartitionKey eq {} and {filter}", quoted(partition::IDEMPOTENCY));
        let mut deleted = 0;
        for rows in self.service.all_keys(filter).await?.chunks(CONCURRENCY) {
            deleted += try_join_all(rows.iter().map(|row| self.delete_key(row))).await?.into_iter().sum::<u64>();
        }
        Ok(deleted)
    }

    async fn delete_key(&self, row: &Row) -> Result<u64, StoreError> {
        match self.delete_row(partition::IDEMPOTENCY, row.key(), &row.etag).await {
            Ok(()) => Ok(1),
            // Another shipment took the key over, or another replica deleted it.
            Err(StoreError::Conflict(_)) => Ok(0),
            Err(error) => Err(error),
        }
    }
}

fn row_key(record: &IdempotencyRecord) -> String {
    hashed(&[record.caller.as_str(), &record.key])
}

fn to_columns(record: &IdempotencyRecord) -> Columns {
    columns([
        ("caller", record.caller.as_str()),
        ("idempotency_key", &record.key),
        ("body_hash", &record.body_hash),
        ("shipment", &record.shipment.to_string()),
        ("created_at", &row::time_text(record.at)),
    ])
}

fn read(row: &Row) -> Result<IdempotencyRecord, StoreError> {
    let caller = row.text("caller");
    match (ShipmentId::parse(row.text("shipment")), row::time(row.text("created_at"))) {
        (Some(shipment), Some(at)) => Ok(IdempotencyRecord {
            caller: CallerId::new(caller),
            key: row.text("idempotency_key").to_owned(),
            body_hash: row.text("body_hash").to_owned(),
            shipment,
            at,
        }),
        _ => Err(StoreError::Broken {
            id: format!("an idempotency key of caller {caller}"),
            reason: "column `shipment` is not an id, or column `created_at` is not a time".into(),
        }),
    }
}
