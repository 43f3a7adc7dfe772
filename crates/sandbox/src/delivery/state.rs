//! State of the delivery service.

use std::sync::Arc;

use super::keys::KeyRing;
use super::parcels::Parcels;
use super::stock::Stock;
use crate::error::Error;
use crate::factory::Factory;
use crate::ground::clock::Clock;
use crate::ground::guard::Guard;
use crate::ground::parts::Ground;
use crate::ground::settings::Settings;
use crate::ground::shared::Shared;
use crate::ground::throttle::Throttle;

/// State of the delivery service. The factory makes the keys of its parcels.
#[derive(Debug)]
pub(crate) struct Delivery {
    pub(super) guard: Arc<Guard>,
    pub(super) clock: Arc<Clock>,
    pub(super) settings: Arc<Shared<Settings>>,
    pub(crate) keys: Arc<KeyRing>,
    pub(crate) stock: Arc<Stock>,
    pub(crate) parcels: Parcels,
    /// Calls with the API token.
    pub(crate) throttle: Throttle<()>,
}

impl Delivery {
    /// Creates a delivery service without parcels, with new transport and signing keys.
    pub(crate) fn new(ground: &Ground, factory: Arc<Factory>) -> Result<Self, Error> {
        let keys = Arc::new(KeyRing::new()?);
        let stock = Arc::new(Stock::new());
        Ok(Self {
            guard: Arc::clone(&ground.guard),
            clock: Arc::clone(&ground.clock),
            settings: Arc::clone(&ground.settings),
            parcels: Parcels::new(ground, factory, Arc::clone(&keys), Arc::clone(&stock)),
            keys,
            stock,
            throttle: Throttle::default(),
        })
    }

    /// Deletes all parcels and restores the stock. The keys stay.
    pub(crate) fn reset(&self) {
        self.parcels.reset();
        self.stock.reset();
        self.throttle.clear();
    }
}
