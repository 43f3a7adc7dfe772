//! Lists of shipments for callers: conditions from parameters, cursors, and exports.
//!
//! The API and the console use the same parameters, so that an address of the console's list is also one of the API's.
//! The crate contains no HTTP: faults are data, which each of them turns into its own messages.
//!
//! Start reading at `conditions.rs`.

mod conditions;
mod csv;
mod cursor;
mod export;
mod fault;
mod time;

pub use conditions::{CONDITIONS, filter, shown_phases, sort};
pub use csv::csv;
pub use cursor::{decode, encode};
pub use export::export;
pub use fault::Fault;
pub use time::{TIME, parse_time};
