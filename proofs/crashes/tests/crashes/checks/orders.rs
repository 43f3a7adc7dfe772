//! Checks orders: none is lost, none is placed twice, and the answers to callers are true.

use super::{Promise, Sides};
use crate::case_run::CaseRun;
use crate::order::{LastAnswer, Order, Scenario};

impl CaseRun<'_> {
    pub(super) fn check_orders(&mut self, sides: &Sides) {
        for order in self.orders.clone() {
            self.check_parcels(&order, sides);
            self.check_last_answer(&order, sides);
            self.count(&order, sides);
        }
        let known = |recipient: &String| self.orders.iter().any(|order| order.recipient() == *recipient);
        let unknown: Vec<_> = sides.parcels.iter().filter(|parcel| !known(&parcel.recipient)).collect();
        let unknown: Vec<_> = unknown.iter().map(|parcel| parcel.shipment_id.clone()).collect();
        for parcel in unknown {
            self.breaks(Promise::NotOrderedTwice, format!("parcel {parcel} belongs to no order"));
        }
    }

    fn check_parcels(&mut self, order: &Order, sides: &Sides) {
        let number = order.number;
        let parcels = sides.parcels_of(order);
        if parcels.len() > 1 {
            self.breaks(Promise::NotOrderedTwice, format!("order {number} has {} parcels", parcels.len()));
        }
        for parcel in parcels {
            let shipment = &parcel.shipment_id;
            let Some(record) = sides.record(&parcel.request_id) else {
                let what = format!("order {number}: parcel {shipment} has no record; expected {}", parcel.request_id);
                self.breaks(Promise::OrderNotLost, what);
                continue;
            };
            if record.shipment_id.as_ref() != Some(shipment) {
                let what = format!(
                    "order {number}: the record {} of parcel {shipment} names {:?}, phase {}",
                    record.id, record.shipment_id, record.phase
                );
                self.breaks(Promise::OrderNotLost, what);
            }
            if record.phase == "refused" {
                let what = format!("order {number}: {} is refused, but parcel {shipment} exists", record.id);
                self.breaks(Promise::OrderNotLost, what);
            }
        }
    }

    fn check_last_answer(&mut self, order: &Order, sides: &Sides) {
        let number = order.number;
        let parcels = sides.parcels_of(order);
        match &order.last_answer {
            LastAnswer::Accepted(id) if !parcels.iter().any(|parcel| parcel.shipment_id == *id) => {
                self.breaks(Promise::CallerAnswerIsTrue, format!("order {number}: there is no parcel {id}"));
            }
            LastAnswer::NotOrdered(status) if !parcels.is_empty() => {
                let what = format!(
                    "order {number} was answered {status} (nothing ordered), but has {} parcels",
                    parcels.len()
                );
                self.breaks(Promise::CallerAnswerIsTrue, what);
            }
            LastAnswer::InDoubt { id, .. } if sides.record(id).is_none() => {
                self.breaks(
                    Promise::OrderNotLost,
                    format!("order {number}: the caller got {id}, but there is no such record"),
                );
            }
            LastAnswer::InDoubt { id, accepted_as: Some(delivery_id) }
                if self.resolved.contains_key(id)
                    || sides.record(id).is_none_or(|record| record.shipment_id.as_ref() != Some(delivery_id)) =>
            {
                let what = format!("order {number}: {id} was accepted as {delivery_id}, but no restart recorded it");
                self.breaks(Promise::AcceptanceNotForgotten, what);
            }
            LastAnswer::InUse => {
                self.breaks(Promise::Settles, format!("order {number}: its idempotency key stays in use"));
            }
            _ => {}
        }
    }

    fn count(&mut self, order: &Order, sides: &Sides) {
        if order.scenario != Scenario::Usual {
            return;
        }
        let records = sides.records_of(order);
        let found = records.iter().find_map(|record| self.resolved.get(&record.id).copied());
        let has_parcel = !sides.parcels_of(order).is_empty();
        let tally = &mut self.outcome().tally;
        match (found, has_parcel) {
            (Some(true), _) => tally.adopted += 1,
            (Some(false), _) => tally.nothing_found += 1,
            (None, true) => tally.complete += 1,
            (None, false) => tally.not_ordered += 1,
        }
    }
}
