//! `/me/pin/{token}`: shows a PIN to its addressee, once.

mod refusal;
mod route;

pub(crate) use route::{ask, closed, show};
