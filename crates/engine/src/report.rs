//! Figures about the shipments of a period.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::{StreamExt as _, TryStreamExt as _, stream};
use keyferry_domain::ports::{ShipmentFilter, ShipmentSort, StoreError};
use keyferry_domain::{BatchId, CompletedBy, ObstacleClass, Phase, Shipment, ShipmentId, Timestamp};

use crate::context::Context;

/// Number of records that are read at once.
const CONCURRENCY: usize = 8;
const PAGE: u32 = 500;

/// What shipments are grouped by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReportBy {
    /// By batch.
    pub batch: bool,
    /// By product of the first key.
    pub product: bool,
    /// By country of the delivery.
    pub country: bool,
}

/// Group of shipments. Members that the report is not grouped by are `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct ReportGroup {
    /// Batch.
    pub batch: Option<BatchId>,
    /// Product of the first key.
    pub product: Option<i64>,
    /// Country of the delivery.
    pub country: Option<String>,
}

/// Figures about shipments.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Recorded orders, whatever became of them.
    pub ordered: u64,
    /// Orders that were not placed.
    pub refused: u64,
    /// Shipments whose key was made and shipped.
    pub shipped: u64,
    /// Shipments whose key was registered.
    pub registered: u64,
    /// Shipments whose PIN was delivered.
    pub pin_delivered: u64,
    /// Complete shipments, also those that an operator completed.
    pub completed: u64,
    /// Cancelled and abandoned shipments.
    pub cancelled: u64,
    /// Shipments that need an operator, by code of the obstacle or name of the phase.
    pub stuck: BTreeMap<String, u64>,
    /// From the order until the key was seen as shipped.
    pub until_shipped: Durations,
    /// From then until it was registered.
    pub until_registered: Durations,
    /// From then until the PIN was delivered.
    pub until_pin_delivered: Durations,
    /// From the order until the PIN was delivered.
    pub whole: Durations,
}

/// Durations, in seconds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Durations(Vec<i64>);

impl Durations {
    fn add(&mut self, from: Timestamp, to: Timestamp) {
        self.0.push((to - from).num_seconds().max(0));
    }

    /// Returns the duration that `percent` of all do not exceed (nearest rank), in days. `None` without durations.
    pub fn percentile(&self, percent: usize) -> Option<f64> {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let rank = (sorted.len() * percent).div_ceil(100).max(1);
        sorted.get(rank - 1).map(|seconds| *seconds as f64 / 86_400.0)
    }
}

/// Report about the shipments of a period.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Figures by group.
    pub groups: BTreeMap<ReportGroup, Figures>,
    /// Shipments that cannot be read. They are in no figure.
    pub unreadable: Vec<(String, String)>,
}

impl Figures {
    fn count(&mut self, shipment: &Shipment) {
        let phase = shipment.phase();
        self.ordered += 1;
        self.refused += u64::from(matches!(phase, Phase::Refused(_)));
        self.cancelled += u64::from(matches!(phase, Phase::Cancelling(_) | Phase::Cancelled(_)));
        if shipment.needs_human() {
            let code = shipment.obstacle().filter(|obstacle| obstacle.class != ObstacleClass::Retry);
            let reason = code.map_or_else(|| phase.name().shown().to_owned(), |obstacle| obstacle.code.clone());
            *self.stuck.entry(reason).or_default() += 1;
        }
        if let Some(fulfilled) = phase.fulfilled() {
            self.shipped += 1;
            self.until_shipped.add(shipment.created_at(), fulfilled.at);
        }
        if let Some(registered) = phase.registered() {
            self.registered += 1;
            self.until_registered.add(registered.fulfilled.at, registered.at);
        }
        if let Phase::Complete(complete) = phase {
            self.completed += 1;
            if let (CompletedBy::Processing, Some(registered)) = (&complete.by, phase.registered()) {
                self.pin_delivered += 1;
                self.until_pin_delivered.add(registered.at, complete.at);
                self.whole.add(shipment.created_at(), complete.at);
            }
        }
    }
}

/// Reads all matching shipments.
pub(crate) async fn report(
    context: &Arc<Context>,
    filter: &ShipmentFilter,
    by: ReportBy,
) -> Result<Report, StoreError> {
    let (mut report, mut after) = (Report::default(), None);
    loop {
        let page = context.ports.shipments.query(filter, ShipmentSort::Id, after.as_ref(), PAGE).await?;
        report.unreadable.extend(page.broken);
        let read = stream::iter(page.items.into_iter().map(|summary| summary.id)).map(|id| read(context, id));
        let read: Vec<_> = read.buffered(CONCURRENCY).try_collect().await?;
        for shipment in read {
            match shipment {
                Ok(Some(shipment)) => {
                    let product = shipment.keys().first().map(|key| key.product.product_id);
                    let group = ReportGroup {
                        batch: shipment.batch().filter(|_| by.batch),
                        product: product.filter(|_| by.product),
                        country: shipment.info().country.clone().filter(|_| by.country),
                    };
                    report.groups.entry(group).or_default().count(&shipment);
                }
                // Deleted meanwhile.
                Ok(None) => {}
                Err(unreadable) => report.unreadable.push(unreadable),
            }
        }
        after = page.next;
        if after.is_none() {
            return Ok(report);
        }
    }
}

async fn read(
    context: &Arc<Context>,
    id: ShipmentId,
) -> Result<Result<Option<Shipment>, (String, String)>, StoreError> {
    match context.ports.shipments.get(id).await {
        Ok(stored) => Ok(Ok(stored.map(|stored| stored.change.into_shipment()))),
        Err(StoreError::Broken { id, reason }) => Ok(Err((id, reason))),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_of_the_nearest_rank() {
        let days = |days: &[i64]| Durations(days.iter().map(|day| day * 86_400).collect());
        assert_eq!(days(&[]).percentile(50), None);
        assert_eq!(days(&[7]).percentile(95), Some(7.0));
        let hundred: Vec<_> = (1..=100).rev().collect();
        assert_eq!((days(&hundred).percentile(50), days(&hundred).percentile(95)), (Some(50.0), Some(95.0)));
        assert_eq!((days(&[1, 2, 3]).percentile(50), days(&[1, 2, 3]).percentile(95)), (Some(2.0), Some(3.0)));
    }
}
