//! The store of shipments and of idempotency keys.

use std::collections::BTreeMap;

use keyferry_domain::ports::{Claim, Cursor, IdempotencyRecord, Page, Reservation, StoreError, Stored, Version};
use keyferry_domain::{FulfilmentId, PhaseName, Shipment, ShipmentId, Timestamp};

/// Fewer than asked for, so that every listing has to be followed.
const PAGE: usize = 7;

struct Row {
    shipment: Shipment,
    version: u64,
    claim: Option<Claim>,
    set_complete_by_hand: bool,
    broken: bool,
}

#[derive(Default)]
pub(crate) struct Records {
    rows: BTreeMap<ShipmentId, Row>,
    pub(crate) keys: Vec<IdempotencyRecord>,
    leases: BTreeMap<String, Claim>,
    /// All that was ever written, as it would lie on a disk.
    pub(crate) written: Vec<String>,
    pub(crate) keep_writings: bool,
}

fn conflict(id: ShipmentId) -> StoreError {
    StoreError::Conflict(id.to_string())
}

impl Row {
    fn version(&self) -> Version {
        Version(format!("{}{}", self.version, if self.set_complete_by_hand { " by hand" } else { "" }))
    }

    fn stored(&self, now: Timestamp) -> Stored {
        let mut shipment = self.shipment.clone();
        if self.set_complete_by_hand {
            shipment.completed_by_hand(now);
        }
        Stored { shipment, version: self.version(), claim: self.claim.clone() }
    }
}

impl Records {
    fn write(&mut self, shipment: &Shipment) -> Shipment {
        let json = serde_json::to_string(shipment).unwrap();
        let read = serde_json::from_str(&json).unwrap();
        assert_eq!(*shipment, read, "a record does not come back as it was written");
        if self.keep_writings {
            self.written.push(json);
        }
        read
    }

    fn row(&mut self, id: ShipmentId, expected: &Version) -> Result<&mut Row, StoreError> {
        self.rows.get_mut(&id).filter(|row| row.version() == *expected).ok_or_else(|| conflict(id))
    }

    pub(crate) fn insert(&mut self, shipment: &Shipment) -> Result<Version, StoreError> {
        let id = shipment.id;
        if self.rows.contains_key(&id) {
            return Err(StoreError::Exists(id.to_string()));
        }
        let shipment = self.write(shipment);
        let row = Row { shipment, version: 1, claim: None, set_complete_by_hand: false, broken: false };
        let version = row.version();
        self.rows.insert(id, row);
        Ok(version)
    }

    pub(crate) fn get(&self, id: ShipmentId, now: Timestamp) -> Result<Option<Stored>, StoreError> {
        match self.rows.get(&id) {
            Some(row) if row.broken => Err(StoreError::Broken { id: id.to_string(), reason: "damaged".into() }),
            row => Ok(row.map(|row| row.stored(now))),
        }
    }

    pub(crate) fn find(&self, id: &FulfilmentId, now: Timestamp) -> Option<Stored> {
        self.rows.values().find(|row| row.shipment.phase.fulfilment_id() == Some(id)).map(|row| row.stored(now))
    }

    pub(crate) fn list(&self, phases: &[PhaseName], after: Option<&Cursor>, limit: u32, now: Timestamp) -> Page {
        let after = after.map(|cursor| ShipmentId::parse(&cursor.0).unwrap());
        let mut rest = self.rows.iter().filter(|(id, _)| after.is_none_or(|after| **id > after));
        let mut page = Page::default();
        let limit = PAGE.min(usize::try_from(limit).unwrap());
        for (id, row) in rest.by_ref() {
            if row.broken {
                page.broken.push((id.to_string(), "damaged".into()));
            } else if phases.contains(&row.shipment.phase.name()) {
                page.items.push(row.stored(now));
            }
            if page.items.len() + page.broken.len() == limit {
                page.next = Some(Cursor(id.to_string()));
                break;
            }
        }
        page
    }

    pub(crate) fn replace(&mut self, shipment: &Shipment, expected: &Version) -> Result<Version, StoreError> {
        self.row(shipment.id, expected)?;
        let shipment = self.write(shipment);
        let row = self.row(shipment.id, expected)?;
        row.shipment = shipment;
        row.version += 1;
        row.set_complete_by_hand = false;
        Ok(row.version())
    }

    pub(crate) fn claim(
        &mut self,
        id: ShipmentId,
        expected: &Version,
        claim: &Claim,
        now: Timestamp,
    ) -> Result<Version, StoreError> {
        let row = self.row(id, expected)?;
        if row.claim.as_ref().is_some_and(|held| held.until > now && held.holder != claim.holder) {
            return Err(conflict(id));
        }
        row.claim = Some(claim.clone());
        row.version += 1;
        Ok(row.version())
    }

    pub(crate) fn release(&mut self, id: ShipmentId, holder: &str) {
        if let Some(row) = self.rows.get_mut(&id)
            && row.claim.as_ref().is_some_and(|claim| claim.holder == holder)
        {
            row.claim = None;
            row.version += 1;
        }
    }

    pub(crate) fn delete(&mut self, id: ShipmentId, expected: &Version) -> Result<(), StoreError> {
        self.row(id, expected)?;
        self.rows.remove(&id);
        Ok(())
    }

    pub(crate) fn all(&self) -> Vec<Shipment> {
        self.rows.values().map(|row| row.shipment.clone()).collect()
    }

    pub(crate) fn claims(&self) -> usize {
        self.rows.values().filter(|row| row.claim.is_some()).count()
    }

    pub(crate) fn live_claims(&self, now: Timestamp) -> usize {
        self.rows.values().filter(|row| row.claim.as_ref().is_some_and(|claim| claim.until > now)).count()
    }

    /// A person edits the record's column in the storage browser.
    pub(crate) fn set_complete_by_hand(&mut self, id: ShipmentId) {
        self.rows.get_mut(&id).unwrap().set_complete_by_hand = true;
    }

    pub(crate) fn damage(&mut self, id: ShipmentId, broken: bool) {
        self.rows.get_mut(&id).unwrap().broken = broken;
    }

    /// Another replica takes the record.
    pub(crate) fn claim_by_hand(&mut self, id: ShipmentId, until: Timestamp) {
        let row = self.rows.get_mut(&id).unwrap();
        row.claim = Some(Claim { holder: "another replica".into(), until });
        row.version += 1;
    }

    pub(crate) fn reserve(&mut self, record: &IdempotencyRecord) -> Reservation {
        let taken = self.keys.iter().find(|known| known.caller == record.caller && known.key == record.key);
        match taken.cloned() {
            Some(taken) => Reservation::Taken(taken),
            None => {
                self.keys.push(record.clone());
                Reservation::Made
            }
        }
    }

    pub(crate) fn take_over(&mut self, from: ShipmentId, to: &IdempotencyRecord) -> bool {
        let held = self.keys.iter_mut().find(|known| known.caller == to.caller && known.key == to.key);
        let Some(held) = held.filter(|held| held.shipment == from) else { return false };
        *held = to.clone();
        true
    }

    pub(crate) fn free(&mut self, shipment: ShipmentId) {
        self.keys.retain(|record| record.shipment != shipment);
    }

    pub(crate) fn sweep(&mut self, before: Timestamp) -> u64 {
        let count = self.keys.len();
        self.keys.retain(|record| record.at >= before);
        (count - self.keys.len()) as u64
    }

    pub(crate) fn take_lease(&mut self, name: &str, claim: &Claim, now: Timestamp) -> bool {
        let free = self.leases.get(name).is_none_or(|held| held.holder == claim.holder || held.until <= now);
        if free {
            self.leases.insert(name.to_owned(), claim.clone());
        }
        free
    }

    pub(crate) fn leases(&self) -> usize {
        self.leases.len()
    }

    pub(crate) fn give_back_lease(&mut self, name: &str, holder: &str) {
        self.leases.retain(|held, claim| held != name || claim.holder != holder);
    }
}
