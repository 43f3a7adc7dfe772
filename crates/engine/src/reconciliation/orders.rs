//! The delivery service's list of orders beside the records.

use chrono::TimeDelta;
use keyferry_domain::ports::{ListedOrder, Progress, ShipmentFilter, ShipmentSort, StoreError, TimeRange};
use keyferry_domain::{PhaseName, ShipmentId};

use super::difference::{Difference, DifferenceKind};
use super::slice::{Position, Slice};
use crate::context::Context;

/// Name of the part.
const LIST: &str = "delivery service's list of orders";

/// Longest time between the record of an unconfirmed order and the delivery service's time of it.
const APART: TimeDelta = TimeDelta::minutes(15);

/// Most candidates that are shown.
const CANDIDATES: u32 = 5;

/// Compares one page of the list. If it cannot be read, the comparison continues with the records.
pub(super) async fn compare(context: &Context, offset: u64) -> Result<Slice, StoreError> {
    let mut slice = Slice { next: Some(Position::Records(None)), ..Slice::default() };
    slice.compared.calls = 1;
    let page = match context.ports.delivery_service.orders(offset).await {
        Ok(Some(page)) => page,
        Ok(None) => {
            let why = "The list is switched off, or the delivery service does not offer it. Orders without a record \
                       are not found.";
            slice.add_not_compared(LIST, why.to_owned(), 0);
            return Ok(slice);
        }
        Err(failure) => {
            slice.not_compared(LIST, &failure, 0);
            return Ok(slice);
        }
    };
    slice.compared.orders = page.orders.len() as u64;
    for order in &page.orders {
        slice.differences.extend(compare_one(context, order).await?);
    }
    if let Some(next) = page.next {
        slice.next = Some(Position::Orders(next));
    }
    Ok(slice)
}

async fn compare_one(context: &Context, order: &ListedOrder) -> Result<Option<Difference>, StoreError> {
    let stored = match context.ports.shipments.find(&order.id).await {
        Ok(stored) => stored,
        // There is a record. A run reports that it cannot be read.
        Err(StoreError::Broken { .. }) => return Ok(None),
        Err(error) => return Err(error),
    };
    let Some(stored) = stored else {
        let candidates = candidates(context, order).await?;
        let at = order.ordered_at.map(|at| format!(", ordered at {}", at.format("%Y-%m-%dT%H:%M:%SZ")));
        let detail = format!("{}{}; no record has this id", order.state_line, at.unwrap_or_default());
        let found = Difference::new(DifferenceKind::OrderWithoutRecord, detail);
        return Ok(Some(Difference { delivery_id: Some(order.id.clone()), candidates, ..found }));
    };
    let shipment = stored.shipment();
    let phase = shipment.phase().name();
    // A key that is on its way while its record is in phase `fulfilled` is found with the records.
    let is_behind = matches!(phase, PhaseName::Accepted | PhaseName::Refused | PhaseName::Cancelled);
    if order.progress != Progress::Ready || !is_behind || shipment.key_revoked_at().is_some() {
        return Ok(None);
    }
    let detail = format!("{}, but the record is in phase {}", order.state_line, phase.as_str());
    Ok(Some(Difference {
        shipment: Some(shipment.id()),
        delivery_id: Some(order.id.clone()),
        user: shipment.user().map(ToString::to_string),
        ..Difference::new(DifferenceKind::ShippedNotRegistered, detail)
    }))
}

/// Returns unconfirmed shipments whose order was sent at about the time of this one. Without that time, all.
async fn candidates(context: &Context, order: &ListedOrder) -> Result<Vec<ShipmentId>, StoreError> {
    let created = match order.ordered_at {
        Some(at) => TimeRange { from: Some(at - APART), before: Some(at + APART) },
        None => TimeRange::default(),
    };
    let filter = ShipmentFilter { created, ..ShipmentFilter::phases(&[PhaseName::Unconfirmed]) };
    let found = context.ports.shipments.query(&filter, ShipmentSort::Id, None, CANDIDATES).await?;
    Ok(found.items.into_iter().map(|summary| summary.id).collect())
}
