//! What needs a human: work list, grouped by cause.

mod again;
mod cause;
mod group;
mod route;
mod unconfirmed;

pub(crate) use again::again;
pub(crate) use cause::{Cause, Kind, causes, title_of};
pub(crate) use route::work;
