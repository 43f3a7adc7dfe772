//! Lists of shipments: filter and summary, which several operations share.

mod filter;
mod summary;

pub(crate) use filter::{FilterBody, FilterParameters, filter, sort, wrong_type};
pub(crate) use summary::{SummaryBody, UnreadableBody};
