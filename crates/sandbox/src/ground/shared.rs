//! A value that services read and the control API replaces.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// A value behind a lock; its default is what the sandbox starts with.
#[derive(Debug, Default)]
pub(crate) struct Shared<T>(Mutex<T>);

impl<T: Default> Shared<T> {
    /// Locks the value. Hold it briefly, and not across an `await`.
    pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Replaces the value.
    pub(crate) fn set(&self, value: T) {
        *self.lock() = value;
    }

    /// Puts the default back.
    pub(crate) fn reset(&self) {
        self.set(T::default());
    }
}

impl<T: Clone + Default> Shared<T> {
    /// Returns a copy.
    pub(crate) fn get(&self) -> T {
        self.lock().clone()
    }
}
