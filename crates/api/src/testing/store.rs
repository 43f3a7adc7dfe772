//! A store in memory, which can be switched off.

use std::collections::{BTreeMap, HashMap};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use keyferry_domain::ports::{
    Claim, Cursor, IdempotencyRecord, Page, Reservation, SecretName, StoreError, Stored, Version,
};
use keyferry_domain::{
    FulfilmentId, IdempotencyStore, LeaseStore, PhaseName, SecretBytes, SecretStore, Shipment, ShipmentId,
    ShipmentStore, Timestamp,
};

#[derive(Default)]
pub(crate) struct Memory {
    pub(crate) records: Mutex<BTreeMap<ShipmentId, Stored>>,
    pub(crate) secrets: Mutex<HashMap<SecretName, Vec<u8>>>,
    keys: Mutex<Vec<IdempotencyRecord>>,
    pub(crate) down: AtomicBool,
    pub(crate) read_only: AtomicBool,
}

impl Memory {
    fn check(&self) -> Result<(), StoreError> {
        if self.down.load(Ordering::SeqCst) { Err(StoreError::Unavailable("the disk is full".into())) } else { Ok(()) }
    }

    fn change(
        &self,
        id: ShipmentId,
        expected: &Version,
        change: impl FnOnce(&mut Stored) -> Result<(), StoreError>,
    ) -> Result<Version, StoreError> {
        self.check()?;
        if self.read_only.load(Ordering::SeqCst) {
            return Err(StoreError::Conflict(id.to_string()));
        }
        let mut records = self.records.lock().unwrap();
        let stored = records.get_mut(&id).filter(|stored| stored.version == *expected);
        let stored = stored.ok_or_else(|| StoreError::Conflict(id.to_string()))?;
        change(stored)?;
        stored.version = Version(format!("{}+", stored.version.0));
        Ok(stored.version.clone())
    }
}

#[async_trait]
impl ShipmentStore for Memory {
    async fn insert(&self, shipment: &Shipment) -> Result<Version, StoreError> {
        self.check()?;
        let version = Version("1".into());
        let stored = Stored { shipment: shipment.clone(), version: version.clone(), claim: None };
        self.records.lock().unwrap().insert(shipment.id, stored);
        Ok(version)
    }

    async fn get(&self, id: ShipmentId) -> Result<Option<Stored>, StoreError> {
        self.check()?;
        Ok(self.records.lock().unwrap().get(&id).cloned())
    }

    async fn find(&self, id: &FulfilmentId) -> Result<Option<Stored>, StoreError> {
        self.check()?;
        let records = self.records.lock().unwrap();
        Ok(records.values().find(|stored| stored.shipment.phase.fulfilment_id() == Some(id)).cloned())
    }

    async fn list(&self, phases: &[PhaseName], _: Option<&Cursor>, _: u32) -> Result<Page, StoreError> {
        self.check()?;
        let records = self.records.lock().unwrap();
        let items = records.values().filter(|stored| phases.contains(&stored.shipment.phase.name()));
        Ok(Page { items: items.cloned().collect(), next: None, broken: vec![] })
    }

    async fn replace(&self, shipment: &Shipment, expected: &Version) -> Result<Version, StoreError> {
        self.change(shipment.id, expected, |stored| {
            stored.shipment = shipment.clone();
            Ok(())
        })
    }

    async fn claim(
        &self,
        id: ShipmentId,
        expected: &Version,
        claim: &Claim,
        now: Timestamp,
    ) -> Result<Version, StoreError> {
        self.change(id, expected, |stored| {
            if stored.claim.as_ref().is_some_and(|other| other.until > now && other.holder != claim.holder) {
                return Err(StoreError::Conflict(id.to_string()));
            }
            stored.claim = Some(claim.clone());
            Ok(())
        })
    }

    async fn release(&self, id: ShipmentId, holder: &str) -> Result<(), StoreError> {
        if let Some(stored) = self.records.lock().unwrap().get_mut(&id) {
            stored.claim.take_if(|claim| claim.holder == holder);
        }
        Ok(())
    }

    async fn delete(&self, id: ShipmentId, _: &Version) -> Result<(), StoreError> {
        self.records.lock().unwrap().remove(&id);
        Ok(())
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.check()
    }
}

#[async_trait]
impl SecretStore for Memory {
    async fn put(&self, name: &SecretName, value: &SecretBytes) -> Result<(), StoreError> {
        self.check()?;
        self.secrets.lock().unwrap().insert(name.clone(), value.expose().to_vec());
        Ok(())
    }

    async fn get(&self, name: &SecretName) -> Result<Option<SecretBytes>, StoreError> {
        Ok(self.secrets.lock().unwrap().get(name).cloned().map(SecretBytes::new))
    }

    async fn purge(&self, name: &SecretName) -> Result<(), StoreError> {
        self.secrets.lock().unwrap().remove(name);
        Ok(())
    }

    async fn list(&self, _: Option<&Cursor>) -> Result<(Vec<(SecretName, Timestamp)>, Option<Cursor>), StoreError> {
        Ok((vec![], None))
    }
}

#[async_trait]
impl IdempotencyStore for Memory {
    async fn reserve(&self, record: &IdempotencyRecord) -> Result<Reservation, StoreError> {
        self.check()?;
        let mut keys = self.keys.lock().unwrap();
        if let Some(taken) = keys.iter().find(|other| other.caller == record.caller && other.key == record.key) {
            return Ok(Reservation::Taken(taken.clone()));
        }
        keys.push(record.clone());
        Ok(Reservation::Made)
    }

    async fn take_over(&self, _: ShipmentId, _: &IdempotencyRecord) -> Result<bool, StoreError> {
        Ok(false)
    }

    async fn release(&self, shipment: ShipmentId) -> Result<(), StoreError> {
        self.keys.lock().unwrap().retain(|record| record.shipment != shipment);
        Ok(())
    }

    async fn sweep(&self, _: Timestamp) -> Result<u64, StoreError> {
        Ok(0)
    }
}

#[async_trait]
impl LeaseStore for Memory {
    async fn take_lease(&self, _: &str, _: &Claim, _: Timestamp) -> Result<bool, StoreError> {
        self.check()?;
        Ok(true)
    }

    async fn give_back_lease(&self, _: &str, _: &str) -> Result<(), StoreError> {
        Ok(())
    }
}
