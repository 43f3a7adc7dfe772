//! Comparison of all books.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use keyferry_domain::ports::ShipmentFilter;
use keyferry_domain::{Phase, PhaseName, Shipment, ShipmentId, Timestamp};
use keyferry_testkit::Records;
use keyferry_testkit::outside::{Outside, lock};

use super::court::Court;
use super::verdict::Harm;

/// Longest time for which an order is being sent, after its acceptance or the end of an attempt.
const SENDING: TimeDelta = TimeDelta::hours(2);

/// Returns whether a shipment reached an end, or is on the list of a human.
pub(crate) fn is_over(shipment: &Shipment) -> bool {
    let end = matches!(shipment.phase().name(), PhaseName::Complete | PhaseName::Refused | PhaseName::Cancelled);
    end || shipment.needs_human()
}

impl Court {
    /// Returns whether the receivers have all events.
    pub(crate) fn is_sent(&mut self, outside: &Outside, records: &Records) -> bool {
        let findings = self.received.read(outside);
        self.add(findings);
        self.received.missing(records, &self.receivers).is_empty()
    }

    /// Compares parcels, records, counts and failures. At the end, every order must have reached an end or a human,
    /// and the receivers must have all events.
    pub fn sweep(&mut self, outside: &Outside, now: Timestamp, is_end: bool) {
        if self.book.restoring.is_none_or(|until| until <= now) {
            self.parcels(outside, now, is_end);
        }
        self.acknowledged(outside);
        self.counts(outside);
        for (number, hidden) in self.noticed.overdue(now, is_end) {
            let text = format!("fault {number} at {:?} at {} is visible nowhere", hidden.call, hidden.at);
            self.find(Harm::Silent, hidden.shipment, text);
        }
        if is_end {
            self.ends(outside, now);
            self.withdrawals(outside);
            let mut findings = self.received.read(outside);
            findings.extend(self.received.missing(&lock(&outside.records), &self.receivers));
            self.add(findings);
        }
    }

    fn parcels(&mut self, outside: &Outside, now: Timestamp, is_end: bool) {
        let delivery = lock(&outside.delivery);
        let records = lock(&outside.records);
        for (delivery_id, parcel) in &delivery.parcels {
            let id = parcel.request;
            if self.book.listed.contains(&id) {
                continue;
            }
            let Some(shipment) = records.shipment(id) else {
                self.find(Harm::Lost, Some(id), "a parcel has no record");
                continue;
            };
            let phase = shipment.phase();
            // A queued order may be sent long after it was accepted.
            let begun = match phase {
                Phase::Submitting(submitting) => submitting.until,
                _ => shipment.created_at(),
            };
            let is_young = now - begun < SENDING && !is_end;
            let is_known = phase.delivery_id() == Some(delivery_id);
            let is_open = matches!(phase.name(), PhaseName::Submitting | PhaseName::Queued) && is_young;
            let has_human = phase.name() == PhaseName::Unconfirmed || self.book.decided.contains(&id);
            if !is_known && !is_open && !has_human {
                let text = format!("a parcel is not known to its record, which is {:?}", phase.name());
                self.find(Harm::Lost, Some(id), text);
            }
        }
    }

    fn acknowledged(&mut self, outside: &Outside) {
        let records = lock(&outside.records);
        let missing: Vec<ShipmentId> =
            self.book.acknowledged.keys().filter(|id| records.shipment(**id).is_none()).copied().collect();
        for id in missing {
            self.find(Harm::Lost, Some(id), "an acknowledged order has no record");
        }
    }

    fn counts(&mut self, outside: &Outside) {
        let records = lock(&outside.records);
        let counted: u64 = records.counts(&ShipmentFilter::default()).0.values().sum();
        if counted != records.count() as u64 {
            self.find(Harm::Silent, None, format!("the counts contain {counted} of {} shipments", records.count()));
        }
    }

    /// Checks that no key can be used that was lost, returned or withdrawn.
    fn withdrawals(&mut self, outside: &Outside) {
        let (delivery, people) = (lock(&outside.delivery), lock(&outside.people));
        let methods = people.users.iter().flat_map(|user| &user.methods);
        let held: BTreeSet<_> = methods.map(|method| &method.credential_id).collect();
        let usable = |id: &&ShipmentId| {
            let made = delivery.parcel_of(**id).and_then(|(_, parcel)| parcel.made.as_ref());
            made.and_then(|made| made.credential.as_ref()).is_some_and(|credential| held.contains(&credential.id))
        };
        let usable: Vec<ShipmentId> = self.book.withdrawn.iter().filter(usable).copied().collect();
        for id in usable {
            self.find(Harm::Misbound, Some(id), "a key can still be used that was lost, returned or withdrawn");
        }
    }

    fn ends(&mut self, outside: &Outside, now: Timestamp) {
        let records = lock(&outside.records);
        for id in records.ids() {
            let Some(shipment) = records.shipment(id) else { continue };
            if !is_over(shipment) && !records.is_set_by_hand(id) {
                let obstacle = shipment.obstacle().map(|obstacle| obstacle.message.as_str()).unwrap_or("none");
                let text = format!("an order never ends: {:?}, obstacle: {obstacle}", shipment.phase().name());
                self.find(Harm::Lost, Some(id), text);
            }
        }
        let claims = records.live_claims(now);
        if claims > 0 {
            self.find(Harm::Silent, None, format!("{claims} claims are never released"));
        }
    }
}
