//! Deterministic simulator: the real engine with all its parts, as several replicas on one store, in a simulated
//! organisation, with faults at every call. All chance derives from one seed: the same seed gives the same [`trace`].
//!
//! The [`judge`] reads the books of the outside parties, not what the engine thinks. [`bugs`] plants known mistakes,
//! which the judge must find. [`exhaustive`] tries every fault at every position of one shipment. [`timeline`] shows a
//! trace to a human.
//!
//! Only `xtask` uses this crate, by running its program. Start reading at [`run`].
#![allow(clippy::disallowed_methods, reason = "the program measures its own time, beside the simulated one")]
#![expect(clippy::unwrap_used, clippy::missing_panics_doc, reason = "a simulation stops at its own mistakes")]

pub mod bugs;
mod config;
pub mod exhaustive;
mod faults;
pub mod judge;
mod life;
mod run;
pub mod scenes;
mod shrink;
pub mod stage;
pub mod timeline;
pub mod trace;
mod world;

pub use self::config::Config;
pub use self::run::{Report, run};
pub use self::shrink::{Shrunk, shrink};
