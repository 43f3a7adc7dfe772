//! Shared value that services read and the control API replaces.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Value behind a lock.
#[derive(Debug, Default)]
pub(crate) struct Shared<T>(Mutex<T>);

impl<T> Shared<T> {
    /// Creates a shared value.
    pub(crate) fn new(value: T) -> Self {
        Self(Mutex::new(value))
    }

    /// Locks the value. Do not hold the lock across an `await`.
    pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Replaces the value.
    pub(crate) fn set(&self, value: T) {
        *self.lock() = value;
    }
}

impl<T: Default> Shared<T> {
    /// Restores the default.
    pub(crate) fn reset(&self) {
        self.set(T::default());
    }
}

impl<T: Clone> Shared<T> {
    /// Returns a copy of the value.
    pub(crate) fn get(&self) -> T {
        self.lock().clone()
    }
}
