//! The delivery service: orders, parcels on their way, and the keys that it publishes.

mod auth;
pub(crate) mod catalogue;
mod keys;
mod limits;
pub(crate) mod order;
pub(crate) mod parcel;
pub(crate) mod parcels;
pub(crate) mod refusal;
mod routes;
pub(crate) mod status;
#[cfg(test)]
mod tests;

use std::sync::{Mutex, PoisonError};

use self::keys::Keys;
use self::parcels::Parcels;
use crate::error::Error;

pub(crate) use self::routes::router;

/// The delivery service.
#[derive(Debug)]
pub(crate) struct State {
    keys: Mutex<Keys>,
    parcels: Parcels,
}

impl State {
    /// No parcels yet; `seed` decides their ids.
    pub(crate) fn new(seed: u64) -> Result<Self, Error> {
        Ok(Self { keys: Mutex::new(Keys::new()?), parcels: Parcels::new(seed) })
    }

    /// Forgets all parcels. The keys stay.
    pub(crate) fn reset(&self) {
        self.parcels.reset();
    }

    /// A new transport key in place of the oldest that is published; requests to the old one can still be opened.
    pub(crate) fn rotate_transport_keys(&self) -> Result<(), Error> {
        let rotated = self.keys().with_new_transport_key()?;
        *self.keys.lock().unwrap_or_else(PoisonError::into_inner) = rotated;
        Ok(())
    }

    /// A new signing key for responses; the old ones stay published.
    pub(crate) fn rotate_signing_keys(&self) -> Result<(), Error> {
        let rotated = self.keys().with_new_signing_key()?;
        *self.keys.lock().unwrap_or_else(PoisonError::into_inner) = rotated;
        Ok(())
    }

    /// The keys as they are now.
    fn keys(&self) -> Keys {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
