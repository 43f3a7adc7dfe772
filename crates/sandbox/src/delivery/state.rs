//! State of the delivery service.

use std::sync::Arc;

use super::keys::KeyRing;
use super::parcels::Parcels;
use crate::error::Error;
use crate::factory::Factory;
use crate::ground::guard::Guard;
use crate::ground::parts::Ground;
use crate::ground::settings::Settings;
use crate::ground::shared::Shared;

/// State of the delivery service. The factory makes the keys of its parcels.
#[derive(Debug)]
pub(crate) struct Delivery {
    pub(super) guard: Arc<Guard>,
    pub(super) settings: Arc<Shared<Settings>>,
    pub(crate) keys: Arc<KeyRing>,
    pub(crate) parcels: Parcels,
}

impl Delivery {
    /// Creates a delivery service without parcels, with new transport and signing keys.
    pub(crate) fn new(ground: &Ground, factory: Arc<Factory>) -> Result<Self, Error> {
        let keys = Arc::new(KeyRing::new()?);
        Ok(Self {
            guard: Arc::clone(&ground.guard),
            settings: Arc::clone(&ground.settings),
            parcels: Parcels::new(&ground.facts, Arc::clone(&ground.clock), factory, Arc::clone(&keys)),
            keys,
        })
    }

    /// Deletes all parcels. The keys stay.
    pub(crate) fn reset(&self) {
        self.parcels.reset();
    }
}
