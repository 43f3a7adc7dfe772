//! Inventory of the organization.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Inventory: id, name, initial quantity.
pub(super) const INVENTORY: [(u64, &str, u64); 3] =
    [(106, "Advanced Plus - Initial", 100_000), (107, "Advanced Plus - Replacement", 5_000), (18, "Stock", 500)];

/// Quantity of each inventory product.
#[derive(Debug)]
pub(crate) struct Stock(Mutex<BTreeMap<u64, u64>>);

impl Stock {
    /// Creates the initial stock.
    pub(super) fn new() -> Self {
        Self(Mutex::new(initial()))
    }

    /// Restores the initial stock.
    pub(super) fn reset(&self) {
        *self.lock() = initial();
    }

    /// Returns the quantity of an inventory product; 0 for an unknown one.
    pub(super) fn of(&self, id: u64) -> u64 {
        self.lock().get(&id).copied().unwrap_or_default()
    }

    /// Takes one key out of the stock. An empty stock stays empty.
    pub(super) fn take(&self, id: u64) {
        if let Some(quantity) = self.lock().get_mut(&id) {
            *quantity = quantity.saturating_sub(1);
        }
    }

    /// Sets the quantity of an inventory product. Returns `false` if the organization does not have it.
    pub(crate) fn set(&self, id: u64, quantity: u64) -> bool {
        self.lock().get_mut(&id).map(|kept| *kept = quantity).is_some()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<u64, u64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn initial() -> BTreeMap<u64, u64> {
    INVENTORY.into_iter().map(|(id, _, quantity)| (id, quantity)).collect()
}
