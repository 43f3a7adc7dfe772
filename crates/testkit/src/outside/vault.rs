//! Simulated store of secrets.

use std::collections::BTreeMap;
use std::ops::Bound;

use keyferry_domain::ports::{Cursor, SecretName, StoreError};
use keyferry_domain::{SecretBytes, ShipmentId, Timestamp};

#[derive(Clone)]
pub struct Vault {
    secrets: BTreeMap<String, (Vec<u8>, Timestamp)>,
    pub damaged: Option<ShipmentId>,
    /// Number of names in a page. It is small, so that callers must follow the cursor.
    pub page: usize,
}

impl Default for Vault {
    fn default() -> Self {
        Self { secrets: BTreeMap::new(), damaged: None, page: 3 }
    }
}

impl Vault {
    pub fn put(&mut self, name: &SecretName, value: &SecretBytes, now: Timestamp) -> Result<(), StoreError> {
        assert!(value.len() <= 25_000, "the secret exceeds the limit of Azure Key Vault");
        if self.secrets.contains_key(&name.to_string()) {
            return Err(StoreError::Exists(name.to_string()));
        }
        self.secrets.insert(name.to_string(), (value.expose().to_vec(), now));
        Ok(())
    }

    pub fn replace(&mut self, name: &SecretName, from: &SecretBytes, to: &SecretBytes) -> Result<(), StoreError> {
        assert!(to.len() <= 25_000, "the secret exceeds the limit of Azure Key Vault");
        match self.secrets.get_mut(&name.to_string()) {
            Some((value, _)) if value == from.expose() => *value = to.expose().to_vec(),
            _ => return Err(StoreError::Conflict(name.to_string())),
        }
        Ok(())
    }

    pub fn get(&self, name: &SecretName) -> Result<Option<SecretBytes>, StoreError> {
        if self.damaged.is_some() && self.damaged == name.shipment() {
            return Err(StoreError::Broken { id: name.to_string(), reason: "it cannot be opened".into() });
        }
        Ok(self.secrets.get(&name.to_string()).map(|(value, _)| SecretBytes::new(value.clone())))
    }

    pub fn purge(&mut self, name: &SecretName) {
        self.secrets.remove(&name.to_string());
    }

    pub fn list(&self, after: Option<&Cursor>) -> (Vec<(SecretName, Timestamp)>, Option<Cursor>) {
        let begin = after.map_or(Bound::Unbounded, |after| Bound::Excluded(after.0.clone()));
        let mut rest = self.secrets.range((begin, Bound::Unbounded));
        let page: Vec<_> = rest.by_ref().take(self.page).collect();
        let next = page.last().filter(|_| rest.next().is_some()).map(|(name, _)| Cursor((*name).clone()));
        (page.into_iter().map(|(name, (_, at))| (SecretName::parse(name).unwrap(), *at)).collect(), next)
    }

    /// Returns the stored value.
    pub fn value(&self, id: ShipmentId) -> Vec<u8> {
        self.secrets[&key(id)].0.clone()
    }

    /// Restores an earlier value, as from a backup.
    pub fn restore(&mut self, id: ShipmentId, value: Vec<u8>) {
        self.secrets.get_mut(&key(id)).unwrap().0 = value;
    }

    pub fn has(&self, id: ShipmentId) -> bool {
        self.secrets.contains_key(&key(id))
    }

    /// Returns the sealed order of a queued shipment.
    pub fn order(&self, id: ShipmentId) -> Vec<u8> {
        self.secrets[&SecretName::of_order(id).to_string()].0.clone()
    }

    /// Restores the sealed order of a queued shipment, as from a backup.
    pub fn restore_order(&mut self, id: ShipmentId, order: Vec<u8>) {
        self.secrets.insert(SecretName::of_order(id).to_string(), (order, Timestamp::UNIX_EPOCH));
    }

    /// Returns whether the sealed order of a queued shipment exists.
    pub fn has_order(&self, id: ShipmentId) -> bool {
        self.secrets.contains_key(&SecretName::of_order(id).to_string())
    }

    pub fn has_person(&self, id: ShipmentId) -> bool {
        self.secrets.contains_key(&SecretName::of_person(id).to_string())
    }

    pub fn count(&self) -> usize {
        self.secrets.len()
    }
}

fn key(id: ShipmentId) -> String {
    SecretName::of(id).to_string()
}
