//! Idempotency keys with a planted bug.

use async_trait::async_trait;
use keyferry_domain::ports::{IdempotencyRecord, Reservation, StoreError};
use keyferry_domain::{CallerId, IdempotencyStore, ShipmentId, Timestamp};

use super::{Bug, Faulty};

impl Faulty<dyn IdempotencyStore> {
    fn stored(&self, record: &IdempotencyRecord) -> IdempotencyRecord {
        match self.is(Bug::KeyShared) {
            true => IdempotencyRecord { caller: CallerId::new("anyone"), ..record.clone() },
            false => record.clone(),
        }
    }
}

#[async_trait]
impl IdempotencyStore for Faulty<dyn IdempotencyStore> {
    async fn reserve(&self, record: &IdempotencyRecord) -> Result<Reservation, StoreError> {
        let made = self.inner.reserve(&self.stored(record)).await?;
        Ok(if self.is(Bug::KeyForgotten) { Reservation::Made } else { made })
    }

    async fn take_over(&self, from: ShipmentId, to: &IdempotencyRecord) -> Result<bool, StoreError> {
        self.inner.take_over(from, &self.stored(to)).await
    }

    async fn release(&self, shipment: ShipmentId) -> Result<(), StoreError> {
        self.inner.release(shipment).await
    }

    async fn sweep(&self, before: Timestamp) -> Result<u64, StoreError> {
        let before = if self.is(Bug::KeysSweptEarly) { Timestamp::MAX_UTC } else { before };
        self.inner.sweep(before).await
    }
}
