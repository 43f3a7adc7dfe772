//! Engines connected to the simulated external systems of the testkit.

#![allow(dead_code, unused_imports, reason = "each test binary uses a part of this module")]

pub(crate) mod log;
pub(crate) mod ports;
pub(crate) mod sealing;
pub(crate) mod world;

pub(crate) use keyferry_testkit::outside::{Call, Life, Outside, Tamper, Trouble, lock, people, trouble};
pub(crate) use world::World;
