//! Compares the records with the sandbox's books.

use super::QueueRun;
use crate::checks::Promise;
use crate::connector::Stop;

impl QueueRun<'_> {
    /// Checks that each order left once, or is unconfirmed after a kill.
    pub(super) async fn check_books(&mut self) -> Result<(), Stop> {
        let records = self.records()?;
        let parcels = self.world.parcels().await;
        let mut broken = Vec::new();
        if records.len() < self.orders.len() {
            let what = format!("{} orders have {} records", self.orders.len(), records.len());
            broken.push((Promise::OrderNotLost, what));
        }
        if records.len() > self.orders.len() {
            let what = format!("{} orders have {} records", self.orders.len(), records.len());
            broken.push((Promise::NotOrderedTwice, what));
        }
        for id in self.accepted.iter().flatten() {
            if !records.iter().any(|record| record.id == *id) {
                broken.push((Promise::OrderNotLost, format!("the accepted order {id} has no record")));
            }
        }
        for order in &self.orders {
            let recipient = order.recipient();
            let theirs: Vec<_> = parcels.iter().filter(|parcel| parcel["recipient_email"] == recipient).collect();
            if theirs.len() > 1 {
                let what = format!("order {} has {} parcels", order.number, theirs.len());
                broken.push((Promise::NotOrderedTwice, what));
            }
        }
        for record in &records {
            let theirs: Vec<_> = parcels.iter().filter(|parcel| parcel["request_id"] == record.id.as_str()).collect();
            let named = record.shipment_id.as_deref();
            let what = format!("{} is {}, with {} parcels: {:?}", record.id, record.phase, theirs.len(), record.error);
            match record.phase.as_str() {
                "accepted" if theirs.len() == 1 && theirs[0]["shipment_id"].as_str() == named => {}
                "accepted" => broken.push((Promise::CallerAnswerIsTrue, what)),
                "unconfirmed" if !self.outcome.kills.is_empty() && theirs.len() <= 1 => {}
                _ => broken.push((Promise::OrderNotLost, what)),
            }
        }
        if let Some(parcel) =
            parcels.iter().find(|parcel| !records.iter().any(|record| parcel["request_id"] == record.id.as_str()))
        {
            broken.push((Promise::NotOrderedTwice, format!("parcel {} belongs to no record", parcel["shipment_id"])));
        }
        broken.into_iter().for_each(|(promise, what)| self.breaks(promise, what));
        Ok(())
    }
}
