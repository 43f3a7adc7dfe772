//! State of the factory: its attestation test root, and the keys that it made.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::attestation::Attestation;
use super::device::Device;
use crate::error::Error;
use crate::ground::seeded_random::SeededRandom;

/// Lowest serial number. Serial numbers have eight digits, like those of current keys.
const LOWEST_SERIAL: u64 = 30_000_000;

/// State of the factory.
#[derive(Debug)]
pub(crate) struct Factory {
    attestation: Attestation,
    first_serial: u64,
    made: AtomicU64,
    devices: Mutex<BTreeMap<u64, Device>>,
}

impl Factory {
    /// Creates a factory with a new test root.
    pub(crate) fn new(seed: u64) -> Result<Self, Error> {
        Ok(Self {
            attestation: Attestation::new()?,
            first_serial: LOWEST_SERIAL + SeededRandom::new(seed).below(9_000_000),
            made: AtomicU64::new(0),
            devices: Mutex::default(),
        })
    }

    /// Deletes all keys. The test root stays.
    pub(crate) fn reset(&self) {
        self.devices().clear();
        self.made.store(0, Ordering::Relaxed);
    }

    /// Returns the attestation signers.
    pub(crate) fn attestation(&self) -> &Attestation {
        &self.attestation
    }

    /// Returns the attestation test root in PEM.
    pub(crate) fn attestation_root_pem(&self) -> String {
        self.attestation.root_pem()
    }

    /// Returns the attestation test root in DER. The sandbox's Graph trusts it.
    pub(crate) fn attestation_root_der(&self) -> Vec<u8> {
        self.attestation.root_der()
    }

    /// Returns the serial number of the key with this credential, for the sign-in page.
    pub(crate) fn serial_of_credential(&self, credential_id: &[u8]) -> Option<u64> {
        self.devices().values().find(|device| device.holds(credential_id)).map(|device| device.serial)
    }

    /// Reports the signature counter of a credential, as a relying party received it.
    ///
    /// While a browser's virtual authenticator has the credential, the simulated key has no other source of the
    /// counter.
    pub(crate) fn raise_sign_count(&self, credential_id: &[u8], sign_count: u32) {
        if let Some(device) = self.devices().values_mut().find(|device| device.holds(credential_id)) {
            device.raise_sign_count(sign_count);
        }
    }

    /// Returns the next unused serial number.
    pub(crate) fn next_serial(&self) -> u64 {
        self.first_serial + self.made.fetch_add(1, Ordering::Relaxed)
    }

    /// Stores a key for its holder.
    pub(crate) fn keep(&self, device: Device) {
        self.devices().insert(device.serial, device);
    }

    /// Locks and returns all keys by serial number. Do not hold the lock across an `await`.
    pub(crate) fn devices(&self) -> MutexGuard<'_, BTreeMap<u64, Device>> {
        self.devices.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
