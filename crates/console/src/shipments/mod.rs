//! List of shipments, and its export.

mod conditions;
mod cursor;
mod export;
mod form;
mod list;
mod row;

pub(crate) use conditions::{Conditions, Mistake};
pub(crate) use export::export;
pub(crate) use list::list;
pub(crate) use row::tone;
