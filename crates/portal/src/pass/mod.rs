//! `/me/pass/{token}`: shows a temporary access pass to its addressee, once.

mod refusal;
mod route;

pub(crate) use route::{ask, closed, show};
