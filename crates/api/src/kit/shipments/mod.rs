//! Lists of shipments: filter, cursor and summary, which several operations share.

mod cursor;
mod filter;
mod summary;

pub(crate) use cursor::{decode, encode};
pub(crate) use filter::{FILTERS, FilterBody, FilterParameters, filter, sort, wrong_type};
pub(crate) use summary::{SummaryBody, UnreadableBody};
