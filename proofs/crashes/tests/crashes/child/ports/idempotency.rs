use async_trait::async_trait;
use keyferry_domain::ports::{IdempotencyRecord, Reservation, StoreError};
use keyferry_domain::{IdempotencyStore, ShipmentId, Timestamp};

use super::super::flows::FlowHint::Begins;
use super::Wrapped;

#[async_trait]
impl IdempotencyStore for Wrapped<dyn IdempotencyStore> {
    async fn reserve(&self, record: &IdempotencyRecord) -> Result<Reservation, StoreError> {
        self.steps.around(Begins("create"), "idempotency.reserve", self.inner.reserve(record)).await
    }

    async fn take_over(&self, from: ShipmentId, to: &IdempotencyRecord) -> Result<bool, StoreError> {
        self.steps.around(Begins("create"), "idempotency.take_over", self.inner.take_over(from, to)).await
    }

    async fn release(&self, shipment: ShipmentId) -> Result<(), StoreError> {
        self.steps.around(Begins("create"), "idempotency.release", self.inner.release(shipment)).await
    }

    async fn sweep(&self, before: Timestamp) -> Result<u64, StoreError> {
        self.steps.around(Begins("clean-up"), "idempotency.sweep", self.inner.sweep(before)).await
    }
}
