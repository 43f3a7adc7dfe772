//! A world in memory for the engine: doubles of all ports, written from the ports' own documentation.

#![allow(dead_code, reason = "each test binary uses its part")]

pub(crate) mod clock;
pub(crate) mod delivery;
pub(crate) mod factory;
pub(crate) mod log;
pub(crate) mod node;
pub(crate) mod people;
pub(crate) mod pins;
pub(crate) mod sealing;
pub(crate) mod trouble;
pub(crate) mod vault;
pub(crate) mod world;

pub(crate) use delivery::Tamper;
pub(crate) use node::{Life, Node};
pub(crate) use trouble::{Call, Trouble};
pub(crate) use world::World;

use std::sync::{Mutex, MutexGuard, PoisonError};

/// A lock that a panic on purpose does not poison.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
