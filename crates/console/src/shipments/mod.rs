//! List of shipments: search, conditions, columns, saved views, actions on many, export.

mod bulk;
mod cell;
mod chips;
mod columns;
mod conditions;
mod export;
mod form;
mod list;
mod paths;
mod people;
mod row;
mod save;
mod saved;
mod search;
mod tone;

pub(crate) use bulk::{Outcomes, act, ask, result};
pub(crate) use columns::Column;
pub(crate) use conditions::{Conditions, Mistake};
pub(crate) use export::export;
pub(crate) use list::list;
pub(crate) use save::{delete, save};
pub(crate) use tone::tone;
