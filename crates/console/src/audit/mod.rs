//! Audit: all events of all shipments with their authors, and the chain that shows whether one was changed.
//!
//! `conditions` are those in the address. `list` is the page, `export` the files. `chain` verifies.

mod chain;
mod chain_export;
mod conditions;
mod export;
mod form;
mod list;
mod parameter;
mod row;

pub use self::chain::Chain;
pub(crate) use self::chain_export::export_chain;
pub(crate) use self::export::{csv, json_lines};
pub(crate) use self::list::{audit, verify};
pub(crate) use self::parameter::Parameter;
