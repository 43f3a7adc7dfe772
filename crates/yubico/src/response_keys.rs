//! Parsed response keys between the two responses of one key.

use std::collections::VecDeque;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Arc, Mutex, PoisonError};

use keyferry_domain::{Operation, SecretBytes, ShipmentId};
use keyferry_jose::{PrivateKey, Result};

/// Number of keys that are kept. A run works on fewer shipments at the same time.
const MOST: usize = 32;

/// Response keys whose credential was opened and whose PIN was not. Parsing a key checks it, which takes about as long
/// as opening a response.
///
/// A key is removed when its PIN is opened, so that none stays in memory that is not needed any more, except for those
/// of the last shipments whose PIN could not be fetched.
#[derive(Default)]
pub(crate) struct ResponseKeys {
    kept: Mutex<VecDeque<Kept>>,
    hasher: RandomState,
}

struct Kept {
    request: ShipmentId,
    /// Keyed hash of the stored form. A shipment's key can be replaced.
    stored: u64,
    key: Arc<PrivateKey>,
}

impl ResponseKeys {
    /// Returns the key from its stored form.
    ///
    /// # Errors
    /// As [`PrivateKey::from_secret_bytes`].
    pub(crate) fn get(
        &self,
        operation: Operation,
        request: ShipmentId,
        stored: &SecretBytes,
    ) -> Result<Arc<PrivateKey>> {
        let hash = self.hasher.hash_one(stored.expose());
        let is_last = operation == Operation::OpenPin;
        if let Some(key) = self.find(request, hash, is_last) {
            return Ok(key);
        }
        let key = Arc::new(PrivateKey::from_secret_bytes(stored.expose())?);
        if !is_last {
            let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
            kept.push_front(Kept { request, stored: hash, key: key.clone() });
            kept.truncate(MOST);
        }
        Ok(key)
    }

    fn find(&self, request: ShipmentId, stored: u64, remove: bool) -> Option<Arc<PrivateKey>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let place = kept.iter().position(|one| one.request == request && one.stored == stored)?;
        match remove {
            true => kept.remove(place).map(|one| one.key),
            false => kept.get(place).map(|one| one.key.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::fakes;

    fn stored() -> SecretBytes {
        PrivateKey::generate().unwrap().to_secret_bytes().unwrap().into()
    }

    #[test]
    fn key_is_kept_until_the_pin_is_opened() {
        let (keys, secret, request) = (ResponseKeys::default(), stored(), fakes::shipment(1));
        let get = |operation| keys.get(operation, request, &secret).unwrap();
        let first = get(Operation::OpenCredential);
        assert!(Arc::ptr_eq(&first, &get(Operation::OpenCredential)));
        assert!(Arc::ptr_eq(&first, &get(Operation::OpenPin)));
        assert!(keys.kept.lock().unwrap().is_empty());
        assert!(!Arc::ptr_eq(&first, &get(Operation::OpenPin)));
        assert!(keys.kept.lock().unwrap().is_empty());
    }

    #[test]
    fn another_key_or_shipment_is_parsed() {
        let (keys, secret) = (ResponseKeys::default(), stored());
        let get = |secret, number| keys.get(Operation::OpenCredential, fakes::shipment(number), secret).unwrap();
        let kid = get(&secret, 1).kid().to_owned();
        let other = stored();
        assert_ne!(get(&other, 1).kid(), kid);
        assert!(!Arc::ptr_eq(&get(&secret, 2), &get(&secret, 1)));
        assert!(keys.get(Operation::OpenCredential, fakes::shipment(1), &SecretBytes::new(b"{}".to_vec())).is_err());
    }

    #[test]
    fn number_of_kept_keys_is_limited() {
        let (keys, secret) = (ResponseKeys::default(), stored());
        for number in 0..50 {
            keys.get(Operation::OpenCredential, fakes::shipment(number), &secret).unwrap();
        }
        assert_eq!(keys.kept.lock().unwrap().len(), MOST);
    }
}
