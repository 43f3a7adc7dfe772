//! Fields of an order: the same for one person, and for a row of a file. A field is a member of the order, and its
//! texts are read like the cells of a file.

mod choice;
mod fields;
mod finding;
mod offer;
mod values;

pub(crate) use choice::Choice;
pub(crate) use fields::{Group, address_choices, address_groups, groups};
pub(crate) use finding::{Finding, of_check, of_row, of_sheet};
pub(crate) use offer::Offer;
pub(crate) use values::{Reading, Values};
