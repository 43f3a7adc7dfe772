//! Delivery service with a planted bug.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use keyferry_domain::ports::{
    AddressVerdict, Country, Deletion, DeliveryStatus, Inventory, OfferedProduct, OrderToPlace, PlacedOrder, Progress,
};
use keyferry_domain::{DeliveryId, DeliveryService, Effect, Failure, MailingAddress, Order, OrderFinding};

use super::Bug;

/// Number of repetitions of a throttled call.
const REPETITIONS: usize = 40;

pub(super) struct Delivery {
    bug: Bug,
    inner: Arc<dyn DeliveryService>,
    statuses: Mutex<HashMap<DeliveryId, DeliveryStatus>>,
    forgotten: Mutex<HashSet<DeliveryId>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Delivery {
    pub(super) fn new(bug: Bug, inner: Arc<dyn DeliveryService>) -> Self {
        Self { bug, inner, statuses: Mutex::default(), forgotten: Mutex::default() }
    }

    async fn status_once(&self, shipment: &DeliveryId) -> Result<DeliveryStatus, Failure> {
        let mut status = self.inner.status(shipment).await;
        for _ in 0..REPETITIONS {
            match &status {
                Err(failure) if self.bug == Bug::RetryAfterIgnored && failure.retry_after.is_some() => {
                    status = self.inner.status(shipment).await;
                }
                _ => break,
            }
        }
        status
    }
}

#[async_trait]
impl DeliveryService for Delivery {
    fn check(&self, order: &Order) -> Vec<OrderFinding> {
        self.inner.check(order)
    }

    async fn products(&self) -> Result<Option<Vec<OfferedProduct>>, Failure> {
        self.inner.products().await
    }

    async fn inventory(&self) -> Result<Option<Vec<Inventory>>, Failure> {
        self.inner.inventory().await
    }

    async fn countries(&self) -> Result<Option<Vec<Country>>, Failure> {
        self.inner.countries().await
    }

    async fn validate_address(&self, address: &MailingAddress) -> Result<Option<AddressVerdict>, Failure> {
        self.inner.validate_address(address).await
    }

    async fn order(&self, order: &OrderToPlace<'_>) -> Result<PlacedOrder, Failure> {
        match (self.bug, self.inner.order(order).await) {
            (Bug::OrderRepeated, Err(failure)) if failure.effect == Effect::Unknown => self.inner.order(order).await,
            (Bug::LossTakenAsRefusal, Err(mut failure)) => {
                failure.effect = Effect::None;
                Err(failure)
            }
            (_, placed) => placed,
        }
    }

    async fn status(&self, shipment: &DeliveryId) -> Result<DeliveryStatus, Failure> {
        if lock(&self.forgotten).contains(shipment) {
            return self.inner.status(&DeliveryId::new("deleted")).await;
        }
        let known = lock(&self.statuses).get(shipment).cloned();
        if let (Bug::StatusCached, Some(known)) = (self.bug, known) {
            return Ok(known);
        }
        let mut status = self.status_once(shipment).await?;
        match (self.bug, status.progress) {
            (Bug::StatusCached, _) => {
                lock(&self.statuses).insert(shipment.clone(), status.clone());
            }
            (Bug::UnknownStateReady, Progress::Unknown) | (Bug::ReleaseWithoutRule, Progress::Failed) => {
                status.progress = Progress::Ready;
            }
            _ => {}
        }
        Ok(status)
    }

    fn drop_connections(&self) {
        self.inner.drop_connections();
    }

    async fn cancel(&self, shipment: &DeliveryId) -> Result<Deletion, Failure> {
        if self.bug == Bug::CancelForgets {
            lock(&self.forgotten).insert(shipment.clone());
            return Ok(Deletion::Accepted);
        }
        self.inner.cancel(shipment).await
    }
}
