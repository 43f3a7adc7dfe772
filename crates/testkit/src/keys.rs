//! Idempotency keys and leases in memory.

use std::collections::BTreeMap;

use keyferry_domain::ports::{Claim, IdempotencyRecord, Reservation};
use keyferry_domain::{ShipmentId, Timestamp};

/// Idempotency keys in memory. The methods are those of the port.
#[derive(Clone, Default)]
pub struct Keys(pub Vec<IdempotencyRecord>);

#[expect(missing_docs, reason = "the methods are those of the port")]
impl Keys {
    pub fn reserve(&mut self, record: &IdempotencyRecord) -> Reservation {
        let taken = self.0.iter().find(|known| known.caller == record.caller && known.key == record.key);
        match taken.cloned() {
            Some(taken) => Reservation::Taken(taken),
            None => {
                self.0.push(record.clone());
                Reservation::Made
            }
        }
    }

    pub fn take_over(&mut self, from: ShipmentId, to: &IdempotencyRecord) -> bool {
        let held = self.0.iter_mut().find(|known| known.caller == to.caller && known.key == to.key);
        let Some(held) = held.filter(|held| held.shipment == from) else { return false };
        *held = to.clone();
        true
    }

    pub fn release(&mut self, shipment: ShipmentId) {
        self.0.retain(|record| record.shipment != shipment);
    }

    pub fn sweep(&mut self, before: Timestamp) -> u64 {
        let count = self.0.len();
        self.0.retain(|record| record.at >= before);
        (count - self.0.len()) as u64
    }
}

/// Leases in memory. The methods are those of the port.
#[derive(Default)]
pub struct Leases(BTreeMap<String, Claim>);

#[expect(missing_docs, reason = "the methods are those of the port")]
impl Leases {
    pub fn take(&mut self, name: &str, claim: &Claim, now: Timestamp) -> bool {
        let free = self.0.get(name).is_none_or(|held| !held.blocks(claim, now));
        if free {
            self.0.insert(name.to_owned(), claim.clone());
        }
        free
    }

    pub fn give_back(&mut self, name: &str, holder: &str) {
        self.0.retain(|held, claim| held != name || claim.holder != holder);
    }

    pub fn get(&self, name: &str) -> Option<Claim> {
        self.0.get(name).cloned()
    }

    /// Returns the number of leases, including expired ones.
    pub fn count(&self) -> usize {
        self.0.len()
    }
}
