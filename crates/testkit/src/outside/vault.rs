//! Simulated store of secrets.

use std::collections::BTreeMap;

use keyferry_domain::ports::{Cursor, SecretName, StoreError};
use keyferry_domain::{SecretBytes, ShipmentId, Timestamp};

#[derive(Default)]
pub struct Vault {
    secrets: BTreeMap<ShipmentId, (Vec<u8>, Timestamp)>,
    pub damaged: Option<ShipmentId>,
}

impl Vault {
    pub fn put(&mut self, name: &SecretName, value: &SecretBytes, now: Timestamp) -> Result<(), StoreError> {
        assert!(value.len() <= 25_000, "the secret exceeds the limit of Azure Key Vault");
        if self.secrets.contains_key(&name.shipment()) {
            return Err(StoreError::Exists(name.to_string()));
        }
        self.secrets.insert(name.shipment(), (value.expose().to_vec(), now));
        Ok(())
    }

    pub fn replace(&mut self, name: &SecretName, from: &SecretBytes, to: &SecretBytes) -> Result<(), StoreError> {
        assert!(to.len() <= 25_000, "the secret exceeds the limit of Azure Key Vault");
        match self.secrets.get_mut(&name.shipment()) {
            Some((value, _)) if value == from.expose() => *value = to.expose().to_vec(),
            _ => return Err(StoreError::Conflict(name.to_string())),
        }
        Ok(())
    }

    pub fn get(&self, name: &SecretName) -> Result<Option<SecretBytes>, StoreError> {
        if self.damaged == Some(name.shipment()) {
            return Err(StoreError::Broken { id: name.to_string(), reason: "it cannot be opened".into() });
        }
        Ok(self.secrets.get(&name.shipment()).map(|(value, _)| SecretBytes::new(value.clone())))
    }

    pub fn purge(&mut self, id: ShipmentId) {
        self.secrets.remove(&id);
    }

    pub fn list(&self, after: Option<&Cursor>) -> (Vec<(SecretName, Timestamp)>, Option<Cursor>) {
        let after = after.map(|cursor| ShipmentId::parse(&cursor.0).unwrap());
        let mut rest = self.secrets.iter().filter(|(id, _)| after.is_none_or(|after| **id > after));
        let page: Vec<_> = rest.by_ref().take(3).map(|(id, (_, at))| (SecretName::of(*id), *at)).collect();
        let next = page.last().filter(|_| rest.next().is_some()).map(|(name, _)| Cursor(name.shipment().to_string()));
        (page, next)
    }

    /// Returns the stored value.
    pub fn value(&self, id: ShipmentId) -> Vec<u8> {
        self.secrets[&id].0.clone()
    }

    /// Restores an earlier value, as from a backup.
    pub fn restore(&mut self, id: ShipmentId, value: Vec<u8>) {
        self.secrets.get_mut(&id).unwrap().0 = value;
    }

    pub fn has(&self, id: ShipmentId) -> bool {
        self.secrets.contains_key(&id)
    }

    pub fn count(&self) -> usize {
        self.secrets.len()
    }
}
