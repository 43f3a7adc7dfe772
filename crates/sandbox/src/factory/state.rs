//! The factory's test root, and the keys that it made.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::attestation::Attestation;
use super::device::Device;
use crate::error::Error;
use crate::ground::chance::Chance;

/// Serial numbers have eight digits, as those of today's keys.
const LOWEST_SERIAL: u64 = 30_000_000;

/// The factory.
#[derive(Debug)]
pub(crate) struct Factory {
    attestation: Attestation,
    first_serial: u64,
    made: AtomicU64,
    devices: Mutex<BTreeMap<u64, Device>>,
}

impl Factory {
    /// A factory with a new test root.
    pub(crate) fn new(seed: u64) -> Result<Self, Error> {
        Ok(Self {
            attestation: Attestation::new()?,
            first_serial: LOWEST_SERIAL + Chance::new(seed).below(9_000_000),
            made: AtomicU64::new(0),
            devices: Mutex::default(),
        })
    }

    /// Forgets all keys. The test root stays.
    pub(crate) fn reset(&self) {
        self.devices().clear();
        self.made.store(0, Ordering::Relaxed);
    }

    /// What signs attestations.
    pub(crate) fn attestation(&self) -> &Attestation {
        &self.attestation
    }

    /// PEM of the test root of attestation.
    pub(crate) fn attestation_root_pem(&self) -> String {
        self.attestation.root_pem()
    }

    /// DER of the same; Graph's verifier trusts it.
    pub(crate) fn attestation_root_der(&self) -> Vec<u8> {
        self.attestation.root_der()
    }

    /// Serial number of the key that holds this credential, for the sign-in page.
    pub(crate) fn serial_of_credential(&self, credential_id: &[u8]) -> Option<u64> {
        self.devices().values().find(|device| device.holds(credential_id)).map(|device| device.serial)
    }

    /// A relying party saw this counter of a credential. Nobody else tells it to a key whose credential a browser holds.
    pub(crate) fn counted(&self, credential_id: &[u8], sign_count: u32) {
        if let Some(device) = self.devices().values_mut().find(|device| device.holds(credential_id)) {
            device.counted(sign_count);
        }
    }

    /// A serial number that no key has.
    pub(crate) fn next_serial(&self) -> u64 {
        self.first_serial + self.made.fetch_add(1, Ordering::Relaxed)
    }

    /// Keeps a key for its holder.
    pub(crate) fn keep(&self, device: Device) {
        self.devices().insert(device.serial, device);
    }

    /// All keys by serial number. Hold it briefly, and not across an `await`.
    pub(crate) fn devices(&self) -> MutexGuard<'_, BTreeMap<u64, Device>> {
        self.devices.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
