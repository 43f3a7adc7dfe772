//! None forgotten, none ordered twice, and what callers were told is so.

use super::{Promise, Sides};
use crate::order::{Fate, Order, Told};
use crate::voyage::Voyage;

impl Voyage<'_> {
    pub(super) fn check_orders(&mut self, sides: &Sides) {
        for order in self.orders.clone() {
            self.check_parcels(&order, sides);
            self.check_told(&order, sides);
            self.count(&order, sides);
        }
        let known = |recipient: &String| self.orders.iter().any(|order| order.recipient() == *recipient);
        let strange: Vec<_> = sides.parcels.iter().filter(|parcel| !known(&parcel.recipient)).collect();
        let strange: Vec<_> = strange.iter().map(|parcel| parcel.shipment_id.clone()).collect();
        for parcel in strange {
            self.breaks(Promise::NotOrderedTwice, format!("nobody ordered parcel {parcel}"));
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
                let what =
                    format!("order {number}: parcel {shipment} has no record; it should be {}", parcel.request_id);
                self.breaks(Promise::NotForgotten, what);
                continue;
            };
            if record.shipment_id.as_ref() != Some(shipment) {
                let what = format!(
                    "order {number}: the record {} of parcel {shipment} names {:?}, phase {}",
                    record.id, record.shipment_id, record.phase
                );
                self.breaks(Promise::NotForgotten, what);
            }
            if record.phase == "refused" {
                let what = format!("order {number}: {} counts as refused, and parcel {shipment} is there", record.id);
                self.breaks(Promise::NotForgotten, what);
            }
        }
    }

    fn check_told(&mut self, order: &Order, sides: &Sides) {
        let number = order.number;
        let parcels = sides.parcels_of(order);
        match &order.told {
            Told::Accepted(id) if !parcels.iter().any(|parcel| parcel.shipment_id == *id) => {
                self.breaks(Promise::CallerIsToldTheTruth, format!("order {number}: there is no parcel {id}"));
            }
            Told::NotOrdered(status) if !parcels.is_empty() => {
                let what =
                    format!("order {number} was answered {status}, nothing ordered, and has {} parcels", parcels.len());
                self.breaks(Promise::CallerIsToldTheTruth, what);
            }
            Told::InDoubt(id) if sides.record(id).is_none() => {
                self.breaks(
                    Promise::NotForgotten,
                    format!("order {number}: the caller knows {id}, and no record does"),
                );
            }
            Told::InUse => {
                self.breaks(Promise::Settles, format!("order {number}: its idempotency key is in use for ever"));
            }
            _ => {}
        }
    }

    fn count(&mut self, order: &Order, sides: &Sides) {
        if order.fate != Fate::Usual {
            return;
        }
        let records = sides.records_of(order);
        let found = records.iter().find_map(|record| self.in_doubt.get(&record.id).copied());
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
